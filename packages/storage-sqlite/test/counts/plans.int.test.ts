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
const KEY = "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)";

it.each([
  ["a count of all", {}, [], [CELLS, BEHIND]],
  ["a summary of all", {}, ["agentId", "tool"], [CELLS, KEY, BEHIND]],
  // The keys that match are found by a look at the dictionary.
  [
    "a summary with a filter",
    { agentId: "a" },
    ["decision"],
    [CELLS, expect.stringMatching(/e .*audit_count_keys_members/), KEY, BEHIND],
  ],
  [
    "a summary from the middle of an hour",
    { from: new Date(1) },
    ["decision"],
    [CELLS, CELLS, CELLS, KEY, BEHIND, expect.stringMatching(/e USING INDEX audit_events_key \(ts>\? AND ts<\?\)/)],
  ],
] as const)(
  "%s reads cells, the events behind the position and those that cells would cut",
  async (_what, filter, by, steps) => {
    const wanted = parseAuditFilter(filter);
    const dimensions = by.map((field) => ({ name: field, kind: "event" as const, field, type: DIMENSION[field] }));
    const request = { bucket: undefined, dimensions, includeDropped: false, maxGroups: 1000 };
    const plan = planCounts(wanted, request);
    expect(plan).toBeDefined();
    expect(await planOf(selectSummary(wanted, request, plan))).toEqual(steps);
  },
);

it("a list of days reads the cells of days and the events behind the position", async () => {
  expect(await planOf(selectCountedDays())).toEqual(["SEARCH audit_counts USING PRIMARY KEY (cube_level=?)", BEHIND]);
});
