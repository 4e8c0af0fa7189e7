import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it, onTestFinished } from "vitest";
import { archive, DAY, DAY_MS, eventNumber, eventNumbers } from "../support/events.js";
import { openFolder } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  return (await connection.runAndReadAll(sql)).getRowObjectsJS();
}

it("DuckDB reads the files as they are, with the day as a column", async () => {
  const folder = tempFolder();
  const opened = await openFolder(folder);
  const segment = { id: "week", from: new Date(DAY), to: new Date(DAY + 7 * DAY_MS) };
  const events = [
    ...eventNumbers(12_000),
    eventNumber(2 * 86_400, { teamId: "t", payload: { text: "\u0000 \ud800" } }),
  ];
  await archive(opened, "a", events, segment);
  const files = `read_parquet('${folder}/dataset=audit/*/*.parquet', hive_partitioning = true)`;
  expect(await query(`SELECT count(*)::INT AS n, count(team_id)::INT AS teams FROM ${files}`)).toEqual([
    { n: 12_001, teams: 1 },
  ]);
  expect(
    await query(`SELECT dataset, date::VARCHAR AS date, count(*)::INT AS n FROM ${files} GROUP BY ALL ORDER BY 2`),
  ).toEqual([
    { dataset: "audit", date: "2026-03-01", n: 12_000 },
    { dataset: "audit", date: "2026-03-03", n: 1 },
  ]);
  const denied = events.filter(({ agentId, decision }) => agentId === "agent-1" && decision === "deny").length;
  expect(
    await query(`SELECT count(*)::INT AS n FROM ${files} WHERE agent_id = 'agent-1' AND decision = 'deny'`),
  ).toEqual([{ n: denied }]);
  expect(
    await query(`SELECT payload->>'$.tool' AS tool, tool AS derived, epoch_ms(ts)::BIGINT AS ts, dry_run FROM ${files}
      WHERE event_id = '${(events[8] as { eventId: string }).eventId}'`),
  ).toEqual([{ tool: "tool-1", derived: "tool-1", ts: BigInt(DAY + 8000), dry_run: true }]);
  expect(
    await query(`SELECT column_name, column_type FROM (DESCRIBE SELECT ts, recorded_at, payload FROM ${files})`),
  ).toEqual([
    { column_name: "ts", column_type: "TIMESTAMP WITH TIME ZONE" },
    { column_name: "recorded_at", column_type: "TIMESTAMP WITH TIME ZONE" },
    { column_name: "payload", column_type: "VARCHAR" },
  ]);
});

it("its statistics bound times and agents of each row group", async () => {
  const folder = tempFolder();
  const opened = await openFolder(folder);
  await archive(opened, "a", eventNumbers(25_000));
  const found =
    await query(`SELECT row_group_id::INT AS id, row_group_num_rows::INT AS n, stats_min_value AS min, stats_max_value AS max
    FROM parquet_metadata('${folder}/dataset=audit/date=2026-03-01/a-0001.parquet') WHERE path_in_schema = 'agent_id' ORDER BY 1`);
  expect(found).toEqual([10_000, 10_000, 5000].map((n, id) => ({ id, n, min: "agent-0", max: "agent-2" })));
});
