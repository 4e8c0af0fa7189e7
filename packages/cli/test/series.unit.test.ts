import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect, test } from "vitest";
import { createStyle } from "../src/io/style.js";
import { renderSeriesChart, renderSeriesTable } from "../src/render/series.js";

const plain = createStyle(false);
const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));

test("series as a table and as bars", async () => {
  const storage = openMemoryStorage();
  const sample = (hour: number, value: number, agentId?: string) => ({
    ts: at(hour),
    metric: "tokens",
    value,
    agentId,
  });
  await storage.metrics.record([sample(0, 100, "a"), sample(1, 50, "a"), sample(1, 7)]);
  const series = await storage.metrics.query({
    metric: "tokens",
    aggregate: "sum",
    from: at(0),
    to: at(2),
    bucket: { every: "1h" },
    groupBy: ["agentId"],
    fill: "null",
  });
  await storage.close();
  expect(renderSeriesTable(series, undefined, plain)).toBe(
    [
      "FROM                  AGENTID  VALUE",
      "2026-01-01 00:00:00Z  a          100",
      "2026-01-01 01:00:00Z  a           50",
      "2026-01-01 00:00:00Z  -            -",
      "2026-01-01 01:00:00Z  -            7",
      "",
    ].join("\n"),
  );
  const chart = renderSeriesChart(series, 60, plain);
  expect(chart).toMatch(/^agentId=a\n2026-01-01 00:00:00Z {2}100 {2}█+\n/);
  expect(chart).toContain("agentId=-\n2026-01-01 00:00:00Z  0\n");
});
