import { join } from "node:path";
import { createHoldStore, type RecordTables } from "@agent-assembly/storage-core/backend";
import { type ApprovalQueue, createStateSupport, ProcessInvalidationChannel } from "@agent-assembly/storage-core/state";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventLoopYielder } from "../../src/driver/event-loop-yielder.js";
import { StatementCache } from "../../src/driver/statement-cache.js";
import { WriteQueue } from "../../src/driver/write-queue.js";
import { openRecords } from "../../src/records/open-records.js";
import { folderOfFile } from "../support/file-folder.js";

const path = join(folderOfFile(), "plans.db");
/** Statements as they are prepared. */
class Recorder extends StatementCache {
  readonly seen: string[] = [];

  override objects<Row extends object>(sql: string) {
    this.seen.push(sql);
    return super.objects<Row>(sql);
  }

  override rows<Row extends unknown[]>(sql: string) {
    this.seen.push(sql);
    return super.rows<Row>(sql);
  }
}

let raw: Database.Database;
let statements: Recorder;
let records: RecordTables;
let approvals: ApprovalQueue;

beforeAll(async () => {
  await (await openSqliteStorage({ path })).close();
  raw = new Database(path);
  statements = new Recorder(raw);
  const yielder = new EventLoopYielder();
  const queue = new WriteQueue(raw, { timeoutMs: 1000, path }, yielder);
  records = openRecords({ reads: statements, writes: statements, queue, yielder, clock: Date.now });
  const support = createStateSupport(records.approvals, new ProcessInvalidationChannel(), {
    backend: "sqlite",
    pollMs: 1000,
  });
  approvals = support.openApprovals();
});
afterAll(() => raw.close());

/** The plans of what `work` sent, without those of rows found by their key. */
async function plansOf(work: () => Promise<unknown>): Promise<string> {
  statements.seen.length = 0;
  await work();
  const plans = statements.seen.map((sql) => {
    const values = Array.from(sql.matchAll(/\?/g), () => null);
    const plan = raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    return plan.map(({ detail }) => detail).join("\n");
  });
  expect(plans.length).toBeGreaterThan(0);
  return plans.join("\n");
}

describe("approvals", () => {
  const page = { limit: 1 } as const;

  it.each([["pending"], ["claimed"], ["pending", "claimed"]] as const)(
    "that are %s come from the index of undecided ones, without sorting",
    async (...state) => {
      await approvals.submit({ agentId: "a", action: "b", request: 1 });
      await approvals.submit({ agentId: "a", action: "b", request: 2 });
      const plans = await plansOf(async () => {
        const { next } = await approvals.list({ state, agentId: "a" }, page);
        if (next !== undefined) await approvals.list({ state, agentId: "a" }, { ...page, cursor: next });
      });
      expect(plans).toMatch(/USING INDEX approvals_open/);
      expect(plans).not.toMatch(/TEMP B-TREE|approvals_order/);
    },
  );

  it("are counted from the index of undecided ones", async () => {
    expect(await plansOf(() => approvals.health())).toMatch(/INDEX approvals_open/);
  });

  it("of all states come in their order, without sorting", async () => {
    const plans = await plansOf(async () => {
      const { next } = await approvals.list({}, page);
      await approvals.list({}, { ...page, cursor: next });
    });
    expect(plans).toMatch(/USING INDEX approvals_order \(\(submitted_at,request_id\)>\(\?,\?\)\)/);
    expect(plans).not.toMatch(/TEMP B-TREE/);
  });

  it("that were decided long ago are found by indexes", async () => {
    const support = createStateSupport(records.approvals, new ProcessInvalidationChannel(), {
      backend: "sqlite",
      pollMs: 1000,
    });
    // The first request of a queue removes old ones.
    const plans = await plansOf(() => support.openApprovals().submit({ agentId: "a", action: "b", request: 3 }));
    expect(plans).toMatch(/INDEX approvals_decided \(decided_at<\?\)/);
    expect(plans).toMatch(/INDEX approvals_open \(submitted_at<\?\)/);
    expect(plans).not.toMatch(/SCAN approvals$/m);
  });
});

it("holds in force come from their index", async () => {
  expect(await plansOf(() => createHoldStore(records.holds).list())).toMatch(/INDEX legal_holds_in_force/);
});
