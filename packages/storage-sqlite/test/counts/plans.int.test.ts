import { parseAuditFilter, planCounts } from "@agent-assembly/storage-core/backend";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { selectSummary } from "../../src/audit/summary-sql.js";
import { selectCountedDays } from "../../src/partitions/counted-sql.js";
import { tempFolder } from "../support/temp-folder.js";

const DIMENSION = { agentId: "text", tool: "text", decision: "text", dryRun: "boolean" } as const;

async function planOf(query: { readonly sql: string; readonly values: readonly unknown[] }): Promise<string[]> {
  const path = `${tempFolder()}/local.db`;
  await (await openSqliteStorage({ path })).close();
  const db = new Database(path, { readonly: true });
  try {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${query.sql}`).all(...query.values) as { detail: string }[];
    // How tables are read, without sub-queries.
    return steps.map(({ detail }) => detail).filter((detail) => /^(?:SEARCH|SCAN) (?:e|audit_counts|a)\b/.test(detail));
  } finally {
    db.close();
  }
}

const CELLS = "SEARCH audit_counts USING PRIMARY KEY (cube_level=? AND hour>? AND hour<?)";
const BEHIND = "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)";
const RANGE = expect.stringMatching(/e USING INDEX audit_events_key \(ts>\? AND ts<\?\)/);
const MEMBERS = expect.stringMatching(/e .*audit_count_keys_members/);
const OF_AGENT = expect.stringMatching(/e USING (?:COVERING )?INDEX \S+ \(agent_id=\? AND ts>\? AND ts<\?\)/);
const NOW = Date.UTC(2026, 0, 1, 0, 50);
const KEY = "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)";

it.each([
  ["a count of all", {}, [], [CELLS, BEHIND]],
  ["a summary of all", {}, ["agentId", "tool"], [CELLS, KEY, BEHIND]],
  // The keys that match are found by a look at the dictionary.
  ["a summary with a filter", { agentId: "a" }, ["decision"], [CELLS, MEMBERS, KEY, BEHIND]],
  [
    "a summary from the middle of an hour",
    { from: new Date(1) },
    ["decision"],
    [CELLS, CELLS, CELLS, KEY, BEHIND, RANGE],
  ],
  [
    "a summary from nearly the beginning of an hour",
    { from: new Date(1) },
    ["decision"],
    [CELLS, KEY, BEHIND, RANGE],
    NOW,
  ],
  [
    "a summary of an agent until the clock",
    { agentId: "a", to: new Date(NOW) },
    [],
    [CELLS, MEMBERS, CELLS, MEMBERS, BEHIND, OF_AGENT],
    NOW,
  ],
] as const)(
  "%s reads cells, the events behind the position and those of cut hours",
  async (_what, filter, by, steps, now?: number) => {
    const wanted = parseAuditFilter(filter);
    const dimensions = by.map((field) => ({ name: field, kind: "event" as const, field, type: DIMENSION[field] }));
    const request = { bucket: undefined, dimensions, includeDropped: false, maxGroups: 1000 };
    const plan = planCounts(wanted, request, now);
    expect(plan).toBeDefined();
    expect(await planOf(selectSummary(wanted, request, plan))).toEqual(steps);
  },
);

it("a list of days reads the cells of days and the events behind the position", async () => {
  expect(await planOf(selectCountedDays())).toEqual(["SEARCH audit_counts USING PRIMARY KEY (cube_level=?)", BEHIND]);
});
