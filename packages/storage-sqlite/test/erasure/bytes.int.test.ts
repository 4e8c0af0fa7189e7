import { join } from "node:path";
import type { ErasureRequest, NewAuditEvent } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { filesWith } from "../support/bytes-of-store.js";
import { builtFixture, startFixture } from "../support/fixture-process.js";
import { HandFolder } from "../support/fold.js";
import { tempFolder } from "../support/temp-folder.js";

const reader = await builtFixture("read-old-state.mjs");

/** In the evening: a day's partition has most of a day's events. */
const NOW = Date.UTC(2026, 0, 20, 18);
const clock = (): number => NOW;

const AGENT = "agent-zebra";
const SESSION = "session-quagga";
const TRACE = "trace-okapi";
const TOOL = "tool-tapir";
const SHORT = "short-kudu";
/** Over several pages. */
const LONG = "long-eland ".repeat(4000);
const VALUES = [AGENT, SESSION, TRACE, TOOL, SHORT, "long-eland"];

const REQUEST: ErasureRequest = {
  filter: { agentId: AGENT },
  parts: ["agentId", "sessionId", "traceId", "payload:/tool", "payload:/arguments"],
  request: "ticket 4711",
  basis: "Art. 17(1)(b)",
};

/** Events in an order in which pages of every index are split, every tenth one of the subject. */
function shuffled(count: number): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const isSubject = n % 10 === 0;
    const order = (n * 7919) % count;
    return {
      ts: new Date(NOW - order * 300_000),
      agentId: isSubject ? AGENT : `agent-${(n * 31) % 97}`,
      sessionId: isSubject ? SESSION : `session-${(n * 17) % 89}`,
      traceId: isSubject ? TRACE : `trace-${n}`,
      action: "tool_call",
      decision: "allow",
      payload: {
        tool: isSubject ? TOOL : "read",
        arguments: isSubject ? (n % 100 === 0 ? LONG : SHORT) : { n },
        note: "x".repeat(n % 300),
      },
    };
  });
}

describe("the bytes of erased values", () => {
  it("are in no file of the store once it is erased: rows, indexes, overflow pages, free pages, counts, samples", async () => {
    const place = tempFolder();
    const path = join(place, "store.db");
    await using storage = await openSqliteStorage({ path, clock });
    for (let at = 0; at < 3; at++) await storage.audit.append(shuffled(700));
    using folder = new HandFolder(path);
    await folder.fold();
    // Pages that were freed and merged, and what a program for administrators sampled of the indexes.
    for (const partition of (await storage.partitions.list("audit")).slice(0, -1)) {
      const { rows } = await storage.partitions.measure(partition);
      await storage.partitions.drop(partition, { expect: { rows }, keepCounts: false });
    }
    const raw = new Database(path);
    raw.exec("ANALYZE");
    raw.close();
    expect(new Set(filesWith(place, VALUES).map((found) => found.split(": ")[1]))).toEqual(new Set(VALUES));

    const { events, remains, scrub } = await storage.erase(REQUEST);
    expect(events).toBeGreaterThan(20);
    expect(remains).toEqual([]);
    expect(scrub.done).toContain("emptied the write-ahead log");
    expect(filesWith(place, VALUES)).toEqual([]);
    expect(await storage.audit.count({ agentId: "erased" })).toBe(events);
    await storage.audit.append(shuffled(10).slice(1));
    expect(filesWith(place, VALUES)).toEqual([]);
  });

  it("are gone from a store that is closed, and were never in files beside it", async () => {
    const folder = tempFolder();
    const storage = await openSqliteStorage({ path: join(folder, "store.db"), clock });
    await storage.audit.append(shuffled(200));
    expect(await storage.erase(REQUEST)).toMatchObject({ events: 20 });
    await storage.close();
    expect(filesWith(folder, VALUES)).toEqual([]);
  });

  it("remain while another process reads an older state, which is said, and go with the same request later", async () => {
    const folder = tempFolder();
    const path = join(folder, "store.db");
    await using storage = await openSqliteStorage({ path, clock });
    await storage.audit.append(shuffled(500));
    const child = startFixture(reader, [path]);
    await child.printed(1);

    const first = await storage.erase(REQUEST);
    expect(first.events).toBe(50);
    expect(first.remains).toEqual([expect.stringContaining("another connection reads an older state")]);
    expect(first.remains[0]).toContain(`${path}-wal`);
    expect(filesWith(folder, VALUES)).not.toEqual([]);
    // What the store answers is without them at once.
    expect(await storage.audit.count({ agentId: AGENT })).toBe(0);

    child.process.stdin.end();
    expect(await child.ended).toBe(0);
    const again = await storage.erase(REQUEST);
    expect([again.erasureId, again.newEvents, again.remains]).toEqual([first.erasureId, 0, []]);
    expect(filesWith(folder, VALUES)).toEqual([]);
  });
});
