import { openStorage } from "@agent-assembly/storage";
import { beforeAll, expect, test } from "vitest";
import { createPostgresSandbox, describePostgres, PROFILES } from "../support/postgres-sandbox.js";

const START = Date.UTC(2026, 2, 1);
const RANGE = ["--from", "2026-03-01", "--to", "2026-03-02"];

describePostgres("metrics", PROFILES, async (profile) => {
  const sandbox = await createPostgresSandbox(profile, "cli_metrics");

  beforeAll(async () => {
    await sandbox.json(["migrate"]);
    const storage = await openStorage({ backend: "postgres", url: sandbox.url, migrate: "off", timescaledb: "off" });
    await storage.metrics.record(
      Array.from({ length: 48 }, (_, i) => ({
        ts: new Date(START + i * 1_800_000),
        metric: "tokens",
        value: (i % 12) * 100,
        agentId: `agent-${i % 3}`,
        teamId: i % 3 === 0 ? "red" : "blue",
        labels: { model: i % 2 === 0 ? "small" : "large" },
      })),
    );
    await storage.close();
  });

  test("query: a table, and JSON that says what was asked", async () => {
    const table = await sandbox.run(["metrics", "query", "tokens", ...RANGE, "--bucket", "12h", "--group-by", "team"]);
    expect(table).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "FROM                  TEAM  VALUE",
        "2026-03-01 00:00:00Z  blue   9600",
        "2026-03-01 12:00:00Z  blue   9600",
        "2026-03-01 00:00:00Z  red    3600",
        "2026-03-01 12:00:00Z  red    3600",
        "",
      ].join("\n"),
    });
    const filters = ["--agent", "agent-0", "--agent", "agent-1", "--team", "blue", "--label", "model=large"];
    const args = ["metrics", "query", "tokens", ...RANGE, "--bucket", "none", "--aggregate", "count", ...filters];
    expect(await sandbox.json(args)).toEqual({
      query: {
        metric: "tokens",
        aggregate: "count",
        from: "2026-03-01T00:00:00.000Z",
        to: "2026-03-02T00:00:00.000Z",
        agentId: ["agent-0", "agent-1"],
        teamId: ["blue"],
        labels: { model: "large" },
        fill: "none",
      },
      series: [{ key: {}, points: [{ ts: "2026-03-01T00:00:00.000Z", value: 8 }] }],
    });
  });

  test("plot: lines that fit the terminal, ASCII where it must be", async () => {
    const args = ["metrics", "plot", "tokens", ...RANGE, "--group-by", "agent", "--height", "8"];
    const env = { COLUMNS: "60", LC_ALL: "C.UTF-8" };
    const several = await sandbox.run(args, { env });
    expect(several).toMatchObject({ code: 0, stderr: "" });
    const lines = several.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("tokens  sum per 15m, UTC");
    expect(lines).toHaveLength(1 + 8 + 2 + 1);
    expect(lines.at(-1)).toMatch(/agent-0 {3}\S agent-1 {3}\S agent-2|agent-\d {3}\S agent-\d {3}\S agent-\d/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
    expect((await sandbox.run(["metrics", "plot", "tokens", ...RANGE], { env })).stdout).toMatch(/[\u2801-\u28ff]/);
    for (const ascii of [
      await sandbox.run(args, { env: { ...env, LC_ALL: "C" } }),
      await sandbox.run([...args, "--ascii"], { env }),
    ]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly ASCII
      expect(ascii.stdout).toMatch(/^[\x00-\x7f]+$/);
    }
    expect(await sandbox.json(args)).toMatchObject({ query: { bucket: { every: "15m" }, fill: "zero" } });
  });

  test("the demo has some to look at, once, though tokens have samples without a declaration", async () => {
    const { samples } = await sandbox.json<{ samples: number }>(["demo"]);
    expect(samples).toBeGreaterThan(1000);
    expect(await sandbox.json(["demo"])).toMatchObject({ inserted: 0, samples: 0 });
    const query = ["metrics", "query", "cost_usd", "--from", "15d", "--bucket", "none", "--aggregate", "count"];
    expect(await sandbox.json(query)).toMatchObject({ series: [{ points: [{ value: samples / 2 }] }] });
    const { metrics } = await sandbox.json<{ metrics: { name: string }[] }>(["metrics", "list", "--prefix", "cost"]);
    expect(metrics).toMatchObject([
      {
        name: "cost_usd",
        unit: "USD",
        kind: "delta",
        decimals: 6,
        samples: samples / 2,
        labels: { model: 3, source: 1 },
      },
    ]);
    const listed = await sandbox.run(["metrics", "list", "--prefix", "tokens"]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toMatch(/^NAME .*\ntokens +recorded +- +- +\S+ +2026-03-01 00:00:00Z .*agents \(/);
  });

  test("the demo stands out: cost by the day, with its exact total, and today's usage", async () => {
    const { series } = await sandbox.json<{ series: { key: { teamId: string }; points: { anomaly: boolean }[] }[] }>([
      ...["metrics", "anomalies", "cost_usd", "--group-by", "team", "--bucket", "1d", "--from", "4d"],
      ...["--window", "7"],
    ]);
    const loud = series.filter(({ points }) => points.some(({ anomaly }) => anomaly));
    expect(loud.map(({ key }) => key.teamId)).toContain("platform");
    const spent = await sandbox.run(["metrics", "query", "cost_usd", "--bucket", "1d", "--from", "15d", "--total"]);
    expect(spent.stdout).toMatch(/^FROM +VALUE \(USD\)\n(\S+ +\d+\.\d{6}\n)+total +\d\.\d{6}\n$/);
    const { usage } = await sandbox.json<{ usage: { metric: string }[] }>(["status"]);
    expect(usage.map(({ metric }) => metric)).toEqual(["cost_usd", "tokens", "denials"]);
  });

  test("nothing there, and no line of a single value", async () => {
    const nothing = await sandbox.run(["metrics", "plot", "tokens", "--agent", "none"]);
    expect(nothing).toEqual({ code: 0, stdout: "No samples match.\n", stderr: "" });
    const unknown = await sandbox.run(["metrics", "plot", "tokenz"]);
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toMatch(/^aasm: No samples match: there is no metric "tokenz"\. Did you mean "tokens"\?/);
    const single = await sandbox.run(["metrics", "plot", "tokens", "--bucket", "none"]);
    expect(single.code).toBe(2);
    expect(single.stderr).toContain("use aasm metrics query");
  });
});
