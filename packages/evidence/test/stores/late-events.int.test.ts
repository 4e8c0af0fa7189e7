import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSealer, verifyStore } from "../../src/index.js";
import { on, placesFor, type StorePlace, type StorePlaces } from "./support/places.js";
import { event, KEY, NOW, VERIFIER } from "./support/sealed-store.js";

const BATCH = 1000;
const BATCHES = 12;
const EVENTS = BATCH * BATCHES;

/** The first one of them is an hour older than all others. */
function withLateEvent(batch: number): NewAuditEvent[] {
  return Array.from({ length: BATCH }, (_, n) => {
    const ts = new Date(NOW - 10 * 3_600_000 + (n === 0 ? batch : 3_600_000 + (batch * BATCH + n) * 100));
    return event(batch * BATCH + n, { ts });
  });
}

/** Rows of events that the server has read from the table or its chunks, since ever. */
async function rowsRead(place: StorePlace): Promise<number> {
  const [row] =
    await place.raw(`SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 AS n FROM pg_stat_user_tables
    WHERE relid = 'audit_events'::regclass
      OR relid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_events'::regclass)`);
  return row?.n as number;
}

describe.each(["postgres", "timescale-apache", "timescale-community"] as const)("on %s", (name) => {
  describe(...on(name, "batches that each have a late event", { timeout: 120_000 }), () => {
    let places: StorePlaces;
    let place: StorePlace;
    beforeAll(async () => {
      places = await placesFor(name);
      place = await places.make();
      const storage = await place.open();
      const sealer = createSealer(storage, { key: KEY });
      await sealer.init();
      for (let batch = 0; batch < BATCHES; batch++) {
        await storage.audit.append(withLateEvent(batch));
        await sealer.sealOnce();
      }
      await storage.close();
      await place.raw("ANALYZE audit_events");
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    /** Its sessions end with the store: the server has counted what they read then. */
    const verified = async () => {
      const storage = await place.open();
      try {
        return await verifyStore(storage, { keys: [VERIFIER] });
      } finally {
        await storage.close();
      }
    };

    it("are verified without reading all rows for each of them", async () => {
      const before = await rowsRead(place);
      expect(await verified()).toMatchObject({ events: EVENTS, findings: [] });
      await expect.poll(async () => (await rowsRead(place)) - before).toBeGreaterThan(EVENTS);
      expect((await rowsRead(place)) - before).toBeLessThan(6 * EVENTS);
    });

    it("are found whatever a row says of its transaction, which is no part of the evidence", async () => {
      await place.raw("UPDATE audit_events SET xact = 3 WHERE seq = (SELECT min(seq) FROM audit_events)");
      expect(await verified()).toMatchObject({ events: EVENTS, findings: [] });
    });

    it("are verified where they were sealed before batches said in which transactions", async () => {
      await place.raw("UPDATE evidence_batches SET first_xact = NULL, last_xact = NULL WHERE first < 5000");
      expect(await verified()).toMatchObject({ events: EVENTS, findings: [] });
    });
  });
});
