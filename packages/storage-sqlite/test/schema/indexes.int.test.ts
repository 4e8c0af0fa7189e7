import { join } from "node:path";
import { parseAuditFilter } from "@agent-assembly/storage-core/backend";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIndexServed, selectPage } from "../../src/audit/filter-sql.js";
import { folderOfFile } from "../support/file-folder.js";

const path = join(folderOfFile(), "indexes.db");
let raw: Database.Database;

beforeAll(async () => {
  const storage = await openSqliteStorage({ path });
  const events = Array.from({ length: 2000 }, (_, n) => ({
    ts: new Date(Date.now() - n * 1000),
    agentId: `agent-${n % 20}`,
    action: "tool_call",
    decision: "allow",
    dryRun: n % 50 === 0,
    sessionId: `session-${n % 50}`,
    ...(n % 2 === 0 && { traceId: `trace-${n % 500}` }),
  }));
  await storage.audit.append(events);
  await storage.close();
  raw = new Database(path, { readonly: true });
});
afterAll(() => raw.close());

const from = new Date(0);
const to = new Date();
const after = { ts: Date.now(), eventId: "00000000-0000-7000-8000-000000000000" };

describe("a page that runs on the main thread is served by its index, without sorting", () => {
  it.each([
    ["everything", {}, "audit_events_key"],
    ["a time range", { from, to }, "audit_events_key"],
    ["an agent", { agentId: "agent-1" }, "audit_events_agent"],
    ["an agent in a time range", { agentId: "agent-1", from, to }, "audit_events_agent"],
    ["dry runs", { dryRun: true }, "audit_events_dry_run"],
    ["dry runs in a time range", { dryRun: true, from, to }, "audit_events_dry_run"],
  ])("%s", (_name, filter, index) => {
    const normalized = parseAuditFilter(filter);
    expect(isIndexServed(normalized)).toBe(true);
    for (const order of ["newest", "oldest"] as const) {
      for (const position of [undefined, after]) {
        const { sql, values } = selectPage(normalized, order, position, 100);
        const plan = raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
        const text = plan.map(({ detail }) => detail).join("\n");
        expect(text).toContain(index);
        expect(text).not.toContain("TEMP B-TREE");
        if (position !== undefined) expect(text).toContain("(ts,event_id)");
      }
    }
  });

  it.each([
    ["a decision", { decision: "deny" }],
    ["several agents", { agentId: ["a", "b"] }],
    ["a session", { sessionId: "session-1" }],
    ["an agent's events of a session", { agentId: "a", sessionId: "s" }],
    ["a payload member", { payload: { "/tool": "x" } }],
    ["no dry runs", { dryRun: false }],
    ["an agent's dry runs", { agentId: "a", dryRun: true }],
  ])("%s may touch many rows and runs elsewhere", (_name, filter) => {
    expect(isIndexServed(parseAuditFilter(filter))).toBe(false);
  });

  it.each([
    ["a session", { sessionId: "session-1" }, "audit_events_session (session_id=?"],
    [
      "a session in a time range",
      { sessionId: "session-1", from, to },
      "audit_events_session (session_id=? AND ts>? AND ts<?",
    ],
    ["a trace", { traceId: "trace-2" }, "audit_events_trace (trace_id=?"],
    ["an agent's part of a session", { agentId: "agent-1", sessionId: "session-1" }, "audit_events_session"],
    ["an agent's part of a trace", { agentId: "agent-1", traceId: "trace-2" }, "audit_events_trace"],
  ])("a page of %s reads its events alone, and sorts only those of one millisecond", (_name, filter, index) => {
    for (const order of ["newest", "oldest"] as const) {
      const { sql, values } = selectPage(parseAuditFilter(filter), order, undefined, 100);
      const plan = raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
      expect(plan.map(({ detail }) => detail)).toEqual([
        expect.stringContaining(index),
        "USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
      ]);
    }
  });

  it("the next page of a session begins behind the last one", () => {
    const { sql, values } = selectPage(parseAuditFilter({ sessionId: "session-1" }), "newest", after, 100);
    const [plan] = raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    expect(plan?.detail).toContain("audit_events_session (session_id=? AND ts<?");
  });
});
