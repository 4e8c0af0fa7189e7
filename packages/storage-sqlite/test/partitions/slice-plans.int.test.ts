import { join } from "node:path";
import { parseSelection, REQUEST_LIMITS, type Selection } from "@agent-assembly/storage-core/backend";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  COUNT_HELD,
  DELETE_ROWS,
  type PartOfLog,
  selectCount,
  selectEvents,
  selectHolds,
  selectKeys,
} from "../../src/partitions/slice-sql.js";
import { defineFunctions } from "../../src/scan/functions.js";
import { folderOfFile } from "../support/file-folder.js";

const path = join(folderOfFile(), "plans.db");
let raw: Database.Database;

beforeAll(async () => {
  const storage = await openSqliteStorage({ path });
  await storage.audit.append([{ ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" }]);
  await storage.close();
  raw = new Database(path, { readonly: true });
  defineFunctions(raw);
});
afterAll(() => raw.close());

const SELECTIONS: [string, Selection | undefined][] = [
  ["everything", undefined],
  ["one agent", { only: [{ agentId: "a" }] }],
  ["several agents or dry runs", { only: [{ agentId: "a" }, { agentId: ["b", "c"] }, { dryRun: true }] }],
  ["all but an agent's time range", { except: [{ agentId: "a", from: new Date(5), to: new Date(9) }] }],
  ["a payload member", { only: [{ payload: { "/v": 1 } }] }],
  ["100 filters each", many(100)],
];

function many(count: number): Selection {
  const filters = Array.from({ length: count }, (_, n) => ({ agentId: `a${n}`, teamId: `t${n}`, from: new Date(n) }));
  return { only: filters, except: filters };
}

function partOf(selection: Selection | undefined): PartOfLog {
  const checked = selection && parseSelection("selection", selection, "audit");
  return { from: 0, to: Date.now(), selection: checked, last: 7 };
}

function planOf({ sql, values }: { sql: string; values: readonly (string | number)[] }): string[] {
  const plan = raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
  return plan.map(({ detail }) => detail);
}

const after = { ts: 5, eventId: "00000000-0000-7000-8000-000000000000" };

describe("the walk over a part", () => {
  it.each(SELECTIONS)("of %s goes along the key from where it stopped, without sorting", (_what, selection) => {
    for (const select of [selectEvents, selectKeys]) {
      const first = planOf(select(partOf(selection), undefined, 10)).join("\n");
      expect(first).toMatch(/^SEARCH e USING (COVERING )?INDEX audit_events_key \(ts>\? AND ts<\?\)/);
      const next = planOf(select(partOf(selection), after, 10)).join("\n");
      expect(next).toMatch(
        /^SEARCH e USING (COVERING )?INDEX audit_events_key \(\(ts,event_id\)>\(\?,\?\) AND ts<\?\)/,
      );
      expect(`${first}\n${next}`).not.toMatch(/TEMP B-TREE|MULTI-INDEX/);
      raw.prepare(select(partOf(selection), after, 10).sql).all(...select(partOf(selection), after, 10).values);
    }
  });
});

describe("the walk over a part of as many filters as there may be", () => {
  // SQLite takes seconds to plan it, so that one page stands for all.
  it("goes along the key from where it stopped, without sorting", () => {
    const plan = planOf(selectKeys(partOf(many(REQUEST_LIMITS.selectionFilters)), after, 10)).join("\n");
    expect(plan).toMatch(/^SEARCH e USING (COVERING )?INDEX audit_events_key \(\(ts,event_id\)>\(\?,\?\) AND ts<\?\)/);
    expect(plan).not.toMatch(/TEMP B-TREE|MULTI-INDEX/);
  });
});

describe("a step of a drop", () => {
  it("finds its rows by their numbers", () => {
    expect(planOf({ sql: DELETE_ROWS, values: ["[1]"] })).toContain(
      "SEARCH audit_events USING INTEGER PRIMARY KEY (rowid=?)",
    );
    expect(planOf({ sql: COUNT_HELD, values: ["[1]"] })).toContain("SEARCH e USING INTEGER PRIMARY KEY (rowid=?)");
  });

  it("asks only the holds in force, from their index", () => {
    const holds = /USING (COVERING )?INDEX legal_holds_in_force/;
    for (const query of [{ sql: COUNT_HELD, values: ["[1]"] }, selectCount(partOf(undefined), true)]) {
      expect(planOf(query).join("\n")).toMatch(holds);
    }
    expect(planOf(selectHolds(partOf(undefined))).join("\n")).toMatch(holds);
  });

  it("counts without holds from an index alone", () => {
    expect(planOf(selectCount(partOf(undefined), false))[0]).toMatch(/^SEARCH e USING COVERING INDEX audit_events_key/);
  });
});
