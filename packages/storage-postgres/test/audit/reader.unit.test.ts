import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { AuditReader } from "../../src/audit/reader.js";
import { Pool } from "../../src/driver/pool.js";
import type { ReadServer } from "../../src/driver/read-server.js";
import { parsePostgresOptions } from "../../src/options.js";

const ALL = { from: undefined, to: undefined, texts: [], dryRun: undefined, payload: [] };

/** Answers one full batch, and fails then. */
function failingAfterOne(pool: Pool): ReadServer {
  let batches = 0;
  return {
    pool,
    async read<T>() {
      if (batches++ > 0) throw new Error("the connection was lost");
      return Array(500).fill({ ts: 1767571200000, eventId: "x" }) as T;
    },
    snapshot: () => Promise.reject(new Error("not used")),
    check: async () => undefined,
    saw: async () => undefined,
  };
}

it("a batch that is read ahead and fails while the consumer is busy is reported to the consumer alone", async () => {
  const pool = new Pool({ ...parsePostgresOptions({ url: "postgres://nobody@nowhere/d" }), applicationName: "x" });
  const reader = new AuditReader(pool, "audit_events", new AbortController().signal, { slowSliceMs: 60_000 });
  let rows = 0;
  const reading = async (): Promise<void> => {
    for await (const batch of reader.slices(ALL, "oldest", undefined, { server: failingAfterOne(pool) })) {
      rows += batch.length;
      // Node.js reports a rejection that nothing has looked at by now, which ends a process.
      await sleep(20);
    }
  };
  await expect(reading()).rejects.toThrow("the connection was lost");
  expect(rows).toBe(500);
  await pool.close();
});
