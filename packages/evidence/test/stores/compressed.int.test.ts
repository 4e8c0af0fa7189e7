import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSealer, dropAnnouncer, verifyStore } from "../../src/index.js";
import { on, placesFor, type StorePlaces } from "./support/places.js";
import { EVENTS, event, events, KEY, NOW, ORIGIN, sealedStore, VERIFIER } from "./support/sealed-store.js";

describe(...on("timescale-community", "compressed chunks"), () => {
  let places: StorePlaces;
  beforeAll(async () => {
    places = await placesFor("timescale-community");
  });
  afterAll(() => places?.[Symbol.asyncDispose]());

  it("are verified as they were sealed, and sealed with late events", async () => {
    const place = await places.make();
    const { storage, at } = await sealedStore(place);
    const compress = async (): Promise<void> => {
      for (const partition of await storage.partitions.list("audit")) await storage.partitions.compress(partition);
      const tiers = (await storage.partitions.list("audit")).map(({ tier }) => tier);
      expect(new Set(tiers)).toEqual(new Set(["warm"]));
    };
    await compress();
    expect(await verifyStore(storage, { keys: [VERIFIER] })).toMatchObject({ events: EVENTS, findings: [] });
    // Late: into the compressed chunk, which is compressed again before they are sealed.
    await storage.audit.append(events(EVENTS, 30));
    await compress();
    await createSealer(storage, { key: KEY, clock: at }).sealOnce();
    const late = await verifyStore(storage, { keys: [VERIFIER] });
    expect(late).toMatchObject({ origin: ORIGIN, events: EVENTS + 30, findings: [] });
    await storage.close();
  });

  it("are verified row by row: one that was edited, one that was deleted", async () => {
    const place = await places.make();
    const { storage } = await sealedStore(place);
    for (const partition of await storage.partitions.list("audit")) await storage.partitions.compress(partition);
    const id = (n: number): string => `'${event(n).eventId}'`;
    await place.raw(`UPDATE audit_events SET decision = 'deny' WHERE event_id = ${id(301)}`);
    await place.raw(`DELETE FROM audit_events WHERE event_id = ${id(401)}`);
    const { findings } = await verifyStore(storage, { keys: [VERIFIER] });
    expect(findings.map(({ code }) => code).toSorted()).toEqual(["deleted", "edited"]);
    await storage.close();
  });

  it("are dropped as stated", async () => {
    const place = await places.make();
    const { storage, at } = await sealedStore(place);
    await storage.audit.append([event(5000, { ts: new Date(NOW + 30 * 86_400_000) })]);
    await createSealer(storage, { key: KEY, clock: at }).sealOnce();
    const [oldest] = await storage.partitions.list("audit");
    if (oldest === undefined) throw new Error("there is no partition");
    await storage.partitions.compress(oldest);
    const policy = Buffer.alloc(32, 7).toString("base64");
    const announced = await dropAnnouncer(storage).announceDrop({ partition: oldest, run: "run-1", policy });
    await storage.partitions.drop(oldest, { expect: { rows: oldest.rows } });
    await announced.done();
    const found = await verifyStore(storage, { keys: [VERIFIER] });
    expect(found).toMatchObject({ events: EVENTS + 1, dropped: EVENTS, findings: [] });
    await storage.close();
  });
});
