import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const RANGE = ["--from", "2026-03-01", "--to", "2026-03-03"];

/** Two days of events; on the second one, an agent is denied much more often. */
function eventLines(): string {
  const event = (hour: number, n: number, members: object) =>
    JSON.stringify({
      ts: new Date(Date.UTC(2026, 2, 1, hour, n)).toISOString(),
      agentId: "quiet",
      teamId: "red",
      action: "policy_decision",
      decision: "deny",
      payload: { tool: "search" },
      ...members,
    });
  return Array.from({ length: 48 }, (_, hour) => [
    event(hour, 0, {}),
    event(hour, 1, { agentId: "loud", teamId: "blue", payload: { tool: "delete" }, matchedRuleId: "no-delete" }),
    ...(hour === 40
      ? Array.from({ length: 12 }, (_, n) => event(hour, 2 + n, { agentId: "loud", teamId: "blue" }))
      : []),
    ...(hour % 12 === 0
      ? [event(hour, 30, { action: "approval", decision: "allow", payload: { latencyMs: 90_000 + hour * 1000 } })]
      : []),
  ])
    .flat()
    .join("\n");
}

beforeAll(async () => {
  const file = join(sandbox.folder, "events.jsonl");
  await writeFile(file, `${eventLines()}\n`);
  expect(await sandbox.json(["audit", "import", file])).toMatchObject({ inserted: 112, problems: [] });
});

test("list names the metrics from events, and says where recorded samples are", async () => {
  const { code, stdout, stderr } = await sandbox.run(["metrics", "list"]);
  expect(code).toBe(0);
  expect(stdout.split("\n").map((line) => line.split(/ +/)[0])).toEqual([
    "NAME",
    "approvals.latency",
    "denials",
    "events",
    "tool.calls",
    "",
  ]);
  expect(stderr).toBe(
    "With the sqlite backend recorded samples are held by the gateway's process only; they are not listed here.\n",
  );
  const { metrics } = await sandbox.json<{ metrics: { name: string }[] }>(["metrics", "list", "--prefix", "de"]);
  expect(metrics).toMatchObject([{ name: "denials", source: "events", kind: "delta", unit: "events", samples: null }]);
  const csv = await sandbox.run(["metrics", "list", "--csv", "--prefix", "denials"]);
  expect(csv.stdout).toMatch(/^name,source,kind,[^\r]*\r\ndenials,events,delta,events,,,/);
  expect((await sandbox.run(["metrics", "list", "--prefix", "x"])).stdout).toBe("No metrics.\n");
});

describe("metrics from events", () => {
  test("over time, by the names that audit commands use, with a total", async () => {
    const byTool = ["--group-by", "tool", "--bucket", "1d", "--total", ...RANGE];
    const { stdout } = await sandbox.run(["metrics", "query", "denials", "--team", "blue", ...byTool]);
    expect(stdout).toBe(
      [
        "FROM        TOOL    VALUE (events)",
        "2026-03-01  delete              24",
        "2026-03-02  delete              24",
        "2026-03-02  search              12",
        "total       delete              48",
        "total       search              12",
        "total       (all)               60",
        "",
      ].join("\n"),
    );
    const labelled = [
      "metrics",
      "query",
      "denials",
      "--label",
      "rule=no-delete",
      "--bucket",
      "none",
      "--csv",
      ...RANGE,
    ];
    expect((await sandbox.run(labelled)).stdout).toBe("ts,value,unit\r\n2026-03-01T00:00:00.000Z,48,events\r\n");
  });

  test("by the clock of a zone", async () => {
    const args = ["--bucket", "1d", "--time-zone", "Asia/Tokyo", "--aggregate", "count", ...RANGE];
    expect((await sandbox.run(["metrics", "query", "approvals.latency", ...args])).stdout).toBe(
      ["FROM        VALUE", "2026-03-01      2", "2026-03-02      2", ""].join("\n"),
    );
  });

  test("top: who, with the total", async () => {
    const args = ["metrics", "top", "denials", "--by", "agent,tool", "--limit", "2", ...RANGE];
    const { stdout } = await sandbox.run([...args, "--bucket", "12h"], { env: { LC_ALL: "C.UTF-8" } });
    expect(stdout).toBe(
      [
        "#  AGENT  TOOL    VALUE (events)  SHARE  TREND",
        "1  loud   delete              48  44.4%  ████",
        "2  quiet  search              48  44.4%  ████",
        "Total 108 events of 3 groups, 2 of them shown",
        "",
      ].join("\n"),
    );
    expect((await sandbox.run(args, { env: { LC_ALL: "C" } })).stdout).toMatch(/ [_.:=+*#-]+\n/);
    expect(await sandbox.json(args)).toMatchObject({
      request: {
        metric: "denials",
        by: ["agentId", "labels.tool"],
        aggregate: "sum",
        limit: 2,
        bucket: { every: "3h" },
      },
      top: { groups: 3, total: 108, rows: [{ value: 48 }, { value: 48 }] },
    });
  });

  test("plot: several at once", async () => {
    const { code, stdout } = await sandbox.run(
      ["metrics", "plot", "denials", "approvals.latency", "--bucket", "12h", "--ascii", ...RANGE],
      { env: { COLUMNS: "60" } },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^denials, approvals\.latency {2}sum per 12h, UTC, each in % of its maximum\n100% \+/);
    expect(stdout).toMatch(/\n100% is 36 events of denials, 126,000 ms of approvals\.latency\n$/);
  });

  test("window functions have columns of their own, and reach before the range", async () => {
    const windows = ["--window", "movingAvg:2", "--window", "percentChange", "--window", "shareOfTotal:team"];
    const groups = ["--agent", "loud", "--group-by", "agent,team"];
    const half = ["--bucket", "12h", "--from", "2026-03-02", "--to", "2026-03-03"];
    expect((await sandbox.run(["metrics", "query", "denials", ...groups, ...windows, ...half])).stdout).toBe(
      [
        "FROM                  AGENT  TEAM  VALUE (events)  MOVING AVG 2 (events)  PERCENT CHANGE (%)  SHARE OF TOTAL TEAM (%)",
        "2026-03-02 00:00:00Z  loud   blue              12                     12                   0                      100",
        "2026-03-02 12:00:00Z  loud   blue              24                     18                 100                      100",
        "",
      ].join("\n"),
    );
  });

  test("anomalies: the hour in which an agent was denied more often", async () => {
    const args = ["metrics", "anomalies", "denials", "--group-by", "agent", ...RANGE];
    const { code, stdout } = await sandbox.run(args);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        "FROM                  AGENT  VALUE (events)  EXPECTED      BAND  SCORE",
        "2026-03-02 16:00:00Z  loud               13         1  0 to 4.5  +12.0",
        "1 of 96 buckets judged is an anomaly",
        "",
      ].join("\n"),
    });
    expect(await sandbox.json([...args, "--threshold", "12.5", "--method", "zscore"])).toMatchObject({
      query: { method: "zscore", threshold: 12.5, bucket: { every: "1h" } },
      anomalies: 0,
      judged: 96,
      withoutBaseline: 0,
    });
    expect((await sandbox.run([...args, "--all", "--csv"])).stdout.trimEnd().split("\r\n")).toHaveLength(1 + 96);
    const quiet = await sandbox.run([...args, "--agent", "quiet"]);
    expect(quiet).toMatchObject({ code: 0, stdout: "No anomalies. 0 of 48 buckets judged are anomalies\n" });
  });

  test("plot: what was expected, and what was not", async () => {
    const args = ["metrics", "plot", "denials", "--bucket", "1h", "--anomalies", "mad", "--height", "6", ...RANGE];
    const { code, stdout } = await sandbox.run(args, { env: { LC_ALL: "C.UTF-8" } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/░[\s\S]*\n● 1 anomaly {3}░ expected\n$/);
    expect(await sandbox.json(args)).toMatchObject({ query: { fill: "zero" }, anomalies: [{ key: {} }] });
  });

  test("nothing in the range", async () => {
    const args = ["--from", "2020-01-01", "--to", "2020-01-02"];
    for (const command of [
      ["query", "denials"],
      ["plot", "denials"],
      ["top", "denials", "--by", "agent"],
    ]) {
      expect(await sandbox.run(["metrics", ...command, ...args])).toEqual({
        code: 0,
        stdout: "No samples match.\n",
        stderr: "",
      });
    }
  });
});

test.each([["query"], ["plot"], ["top", "--by", "agent"], ["anomalies"]])(
  "samples of the gateway's process are not there to be read: %s",
  async (command, ...args) => {
    const { code, stderr } = await sandbox.run(["metrics", command as string, "tokens", ...args]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^aasm: unsupported: with the sqlite backend metrics live in the gateway's process only/);
    expect(stderr).toContain("ask for a metric from events: events, denials, tool.calls, approvals.latency");
  },
);

test.each<[args: string[], expected: string]>([
  [["query", "denials", "--window", "movinAvg:6"], 'Did you mean "movingAvg"?'],
  [["query", "denials", "--window", "movingAvg:0"], "a whole number of buckets from 1"],
  [["query", "denials", "--window", "movingAvg:2.5"], "a whole number of buckets from 1"],
  [["query", "denials", "--window", "lag", "--bucket", "none"], "leave out --bucket none"],
  [["query", "denials", "--total", "--aggregate", "avg"], "--aggregate sum or count"],
  [["query", "denials", "--total", "--bucket", "none"], "leave out --total"],
  [["query", "denials", "--csv", "--json"], "--json and --csv"],
  [["query", "denials", "--group-by", "tol"], "--group-by names"],
  [["query", "denials", "--group-by", "labels.tol"], 'Did you mean "tool"?'],
  [["query", "denials", "--label", "agent=x"], "use --agent"],
  [["plot", "denials", "denials"], "named twice"],
  [["plot", "denials", "events", "--anomalies", "mad"], "--anomalies judges one metric"],
  [["plot", "denials", "--anomalies", "mda"], 'Did you mean "mad"?'],
  [["top", "denials"], "--by"],
  [["top", "denials", "--by", "agent", "--limit", "0"], "--limit"],
  [["anomalies", "denials", "--threshold", "NaN"], "--threshold is"],
  [["anomalies", "denials", "--threshold", "0"], "a number above 0"],
  [["anomalies", "denials", "--window", "1.5"], "--window is"],
  [["anomalies", "denials", "--bucket", "none"], "nothing to compare"],
  [["anomalies", "denials", "--min-samples", "30"], "--min-samples must be"],
  [["anomalies", "denials", "--season", "day"], "--season does not apply"],
  [["query", "denials", "--window", "movingAvg:26", "--bucket", "1h"], "the range has"],
  [["query", "denials", "--aggregate", "p95", "--window", "movingAvg:2"], "percentiles of buckets cannot be combined"],
  [["query", "denials", "--unit", "ms"], "--unit must be a unit"],
])("refused: %j", async (args, expected) => {
  const { code, stdout, stderr } = await sandbox.run(["metrics", ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr.includes(expected) || stderr).toBe(true);
});
