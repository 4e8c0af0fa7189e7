import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { schemaAdmin } from "@agent-assembly/storage-core/backend";
import { backendModule, openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "../support/failure.js";
import { folderOfFile } from "../support/file-folder.js";
import { HandFolder } from "../support/fold.js";
import { foldingOf } from "../support/folded.js";
import { tempFolder } from "../support/temp-folder.js";

const EVENTS = 400;
const START = Date.UTC(2026, 0, 30);
const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
const AT_01 = START / 3_600_000 + 1;

const admin = (path: string) => schemaAdmin(backendModule.schema, { path });

function events(count: number, from = 0) {
  return Array.from({ length: count }, (_, n) => ({
    ts: new Date(START + (from + n) * 600_000),
    agentId: `agent-${n % 3}`,
    action: "tool_call",
    decision: n % 4 === 0 ? "deny" : "allow",
    payload: { tool: `tool-${n % 2}` },
  }));
}

/** A store whose counts go up to 30 events before the newest. */
async function counted(path: string): Promise<void> {
  const storage = await openSqliteStorage({ path, limits });
  await storage.audit.append(events(EVENTS));
  await storage.close();
  using folder = new HandFolder(path);
  await folder.fold(EVENTS - 30);
}

async function changed(sql: string): Promise<readonly string[]> {
  const path = `${tempFolder()}/local.db`;
  await counted(path);
  new Database(path).exec(sql).close();
  return admin(path).verifyCounts();
}

describe("counts that agree with the events", () => {
  it("have nothing that differs, whatever was folded", async () => {
    const path = `${tempFolder()}/local.db`;
    await counted(path);
    expect(await admin(path).verifyCounts()).toEqual([]);
  });

  it("are none where there is no store", async () => {
    expect(await admin(`${tempFolder()}/none.db`).verifyCounts()).toEqual([]);
    expect((await failureOf(() => admin(`${tempFolder()}/none.db`).rebuildCounts())).code).toBe("not_found");
  });
});

describe("counts that were changed by hand: --verify finds", () => {
  it("a cell with another number, by its cube, time and values", async () => {
    expect(
      await changed(`UPDATE audit_counts SET events = events + 1 WHERE cube_level = 11 AND hour = ${AT_01} AND key_id =
        (SELECT id FROM audit_count_keys WHERE cube = 1 AND decision = 'allow')`),
    ).toEqual([
      "counts by action, decision, dryRun per hour: 1 cell differs from the events, at 2026-01-30T01:00:00.000Z of " +
        'action "tool_call", decision "allow", dryRun false: it counts 6 events of 85 bytes, and the events come to 5 events of 85 bytes',
    ]);
  });

  it.each([
    [
      "other bytes",
      "UPDATE audit_counts SET payload_bytes = 1 WHERE cube_level = 83",
      /action, decision, dryRun, tool per month: \d+ cells differ/,
    ],
    [
      "a cell that is gone",
      `DELETE FROM audit_counts WHERE cube_level = 52 AND hour = ${AT_01 - 1}`,
      /agentId, decision, dryRun per day/,
    ],
    [
      "a cell too many",
      "INSERT INTO audit_counts SELECT cube_level, hour + 24000, key_id, 1, 0 FROM audit_counts WHERE cube_level = 23",
      /the events come to none/,
    ],
    [
      "a cell of no cube",
      "UPDATE audit_counts SET cube_level = 99 WHERE cube_level = 31",
      /cells of no known cube and level/,
    ],
    [
      "another agent in a key",
      "UPDATE audit_count_keys SET agent_id = 'x' WHERE cube = 5 AND agent_id = 'agent-1'",
      /agentId "x"/,
    ],
    ["a key that is gone", "DELETE FROM audit_count_keys WHERE cube = 4", /of the unknown key \d+/],
    ["a position too far", "UPDATE audit_count_state SET folded_seq = folded_seq + 20", /per month: \d+ cells differ/],
    ["a position too early", "UPDATE audit_count_state SET folded_seq = folded_seq - 20", /per hour: \d+ cells differ/],
    [
      "a position without an event",
      "UPDATE audit_count_state SET folded_seq = 5000",
      /event 5000, but the newest event is 400/,
    ],
    ["no position", "DELETE FROM audit_count_state", /does not have its one row/],
  ])("%s", async (_what, sql, says) => {
    expect((await changed(sql)).join("\n")).toMatch(says);
  });
});

describe("rebuilt counts", () => {
  it("are right again, while another handle appends and asks", async () => {
    const path = `${tempFolder()}/local.db`;
    await counted(path);
    new Database(path).exec("UPDATE audit_counts SET events = events * 2").close();
    const storage = await openSqliteStorage({ path, limits });
    let running = true;
    let appended = EVENTS;
    const appending = (async () => {
      while (running) {
        await storage.audit.append(events(20, appended));
        appended += 20;
        await sleep(1);
      }
    })();
    await admin(path).rebuildCounts();
    for (let question = 0; question < 20; question++) {
      const before = appended;
      const count = await storage.audit.count({ action: "tool_call" });
      expect(count).toBeGreaterThanOrEqual(before);
      await sleep(1);
    }
    running = false;
    await appending;
    expect(await storage.audit.count()).toBe(appended);
    await storage.close();
    expect(foldingOf(path).folded).toBeGreaterThanOrEqual(EVENTS);
    expect(await admin(path).verifyCounts()).toEqual([]);
  });

  it("begin anew where the position is lost, and rows answer until then", async () => {
    const path = `${tempFolder()}/local.db`;
    await counted(path);
    new Database(path).exec("DELETE FROM audit_count_state").close();
    const storage = await openSqliteStorage({ path, limits });
    expect(await storage.audit.count()).toBe(EVENTS);
    await admin(path).rebuildCounts();
    expect(await storage.audit.count()).toBe(EVENTS);
    await storage.close();
    expect(foldingOf(path)).toEqual({ folded: EVENTS, newest: EVENTS });
    expect(await admin(path).verifyCounts()).toEqual([]);
  });
});

describe("a question that counts answer", () => {
  const path = join(folderOfFile(), "asked.db");
  let storage: StorageBackend;
  beforeAll(async () => {
    await counted(path);
    // A number that only the cells have.
    new Database(path)
      .exec("UPDATE audit_counts SET events = events + 1000 WHERE cube_level IN (13, 53, 83, 12)")
      .close();
    storage = await openSqliteStorage({ path, limits });
  });
  afterAll(() => storage.close());

  it.each([
    ["all", {}],
    ["an agent's", { agentId: "agent-1" }],
    ["those by agent and tool", { agentId: "agent-1", tool: "tool-1" }],
  ])("%s is answered by cells", async (_what, filter) => {
    expect(await storage.audit.count(filter)).toBeGreaterThan(1000);
  });

  it("by days is answered by cells of days, lists of partitions too", async () => {
    const days = await storage.audit.summarize({}, { bucket: { every: "1d" }, groupBy: ["decision"] });
    expect(days.some(({ count }) => count > 1000)).toBe(true);
    const [day] = await storage.partitions.list("audit");
    expect(day?.rows).toBeGreaterThan(1000);
    if (day !== undefined) expect((await storage.partitions.measure(day)).rows).toBe(day.rows);
  });

  it.each([
    ["of a session", { sessionId: "s" }],
    ["with a payload", { payload: { "/tool": "tool-1" } }],
    ["of part of an hour", { from: new Date(START + 1), to: new Date(START + 3_000_000) }],
  ])("%s is not", async (_what, filter) => {
    expect(await storage.audit.count(filter)).toBeLessThan(1000);
  });
});
