import { statSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderOfFile } from "./support/file-folder.js";

const ROWS = 100_000;
const START = Date.UTC(2026, 0, 1);
const path = join(folderOfFile(), "loop.db");
let storage: StorageBackend;

async function p99(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.percentile(99) / 1e6;
}

beforeAll(async () => {
  const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
  storage = await openSqliteStorage({ path, limits });
}, 60_000);
afterAll(() => storage.close());

describe("the event loop keeps turning", () => {
  it("while calls append a thousand events each", { timeout: 60_000 }, async () => {
    const events = Array.from({ length: ROWS }, (_, n) => ({
      ts: new Date(START + n * 1000),
      agentId: `agent-${n % 20}`,
      action: "tool_call",
      decision: n % 9 === 0 ? "deny" : "allow",
      payload: { tool: `tool-${n % 5}`, note: "x".repeat(300) },
    }));
    const delay = await p99(async () => {
      for (let n = 0; n < ROWS; n += 1000) await storage.audit.append(events.slice(n, n + 1000));
    });
    expect(delay).toBeLessThan(50);
  });

  it("while a loop awaits single appends and small queries", { timeout: 60_000 }, async () => {
    const single = { agentId: "agent-1", action: "tool_call", decision: "allow" };
    const delay = await p99(async () => {
      for (let n = 0; n < 2000; n++) {
        await storage.audit.append([{ ...single, ts: new Date(START - 1 - n) }]);
        await storage.audit.query({ agentId: "agent-1" }, { limit: 10 });
        await storage.agents.get("agent-1");
      }
    });
    expect(delay).toBeLessThan(50);
  });

  it("while everything is exported", { timeout: 60_000 }, async () => {
    let seen = 0;
    const delay = await p99(async () => {
      for await (const event of storage.audit.stream()) seen += JSON.stringify(event).length > 0 ? 1 : 0;
    });
    expect(seen).toBe(ROWS + 2000);
    expect(delay).toBeLessThan(50);
  });

  it("while a rare event is looked for in everything", { timeout: 60_000 }, async () => {
    expect(await p99(() => storage.audit.query({ payload: { "/tool": "none" } }))).toBeLessThan(50);
  });

  it("while everything is summarised", { timeout: 60_000 }, async () => {
    const bucket = { every: "1d", timeZone: "Europe/Berlin" };
    expect(await p99(() => storage.audit.summarize({}, { bucket, by: ["agent", "tool"] }))).toBeLessThan(50);
  });

  it("while a part of a day is measured, read and dropped", { timeout: 60_000 }, async () => {
    const [, segment] = await storage.tiers.segments("audit");
    if (segment === undefined) throw new Error("there are no segments");
    const selection = { only: [{ payload: { "/tool": "tool-1" } }], except: [{ decision: "deny" }] };
    const delay = await p99(async () => {
      const { rows, upTo } = await storage.tiers.measure(segment, { selection });
      let read = 0;
      for await (const event of storage.tiers.read(segment, { selection, upTo }))
        read += event.ts >= segment.from ? 1 : 0;
      expect(read).toBe(rows);
      expect(rows).toBeGreaterThan(10_000);
      expect(await storage.tiers.drop(segment, { selection, upTo, expect: { rows } })).toEqual({ rows });
    });
    expect(delay).toBeLessThan(50);
  });

  it("while a day is dropped, and another handle that appends meanwhile waits little", {
    timeout: 60_000,
  }, async () => {
    const [, segment] = await storage.tiers.segments("audit");
    if (segment === undefined) throw new Error("there are no segments");
    expect(segment.rows).toBeGreaterThan(50_000);
    const bytesBefore = statSync(path).size;
    const before = await storage.audit.count();
    const other = await openSqliteStorage({ path });
    const waits: number[] = [];
    let dropping = true;
    const appending = (async () => {
      while (dropping) {
        const startedAt = performance.now();
        await other.audit.append([{ ts: new Date(), agentId: "late", action: "tool_call", decision: "allow" }]);
        waits.push(performance.now() - startedAt);
        await sleep(5);
      }
    })();
    const delay = await p99(() => storage.tiers.drop(segment, { expect: { rows: segment.rows } }));
    dropping = false;
    await appending;
    await other.close();
    expect(delay).toBeLessThan(50);
    waits.sort((a, b) => a - b);
    expect(waits.length).toBeGreaterThan(20);
    expect(waits[Math.floor(waits.length * 0.99)]).toBeLessThan(250);
    expect(await storage.audit.count()).toBe(before - segment.rows + waits.length);
    expect(statSync(path).size).toBeLessThan(bytesBefore / 2);
  });
});
