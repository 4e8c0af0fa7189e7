import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  announceDrop,
  createSealer,
  exportStore,
  parseEntry,
  proveEvent,
  verifyEntryProof,
  verifyExport,
} from "../../src/index.js";
import { on, placesFor, STORES, type StorePlaces } from "./support/places.js";
import { EVENTS, event, events, HOUR_MS, KEY, NOW, sealedStore, VERIFIER } from "./support/sealed-store.js";

const keys = [VERIFIER];
const idOf = (n: number): string => String(event(n).eventId);

describe.each(STORES)("on %s", { timeout: 120_000 }, (name) => {
  let places: StorePlaces;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "aasm-evidence-export-"));
    if (!on(name, "")[1].skip) places = await placesFor(name);
  });
  afterAll(async () => {
    await places?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it(...on(name, "exports all, or a range, as it is verified without the store"), async () => {
    const { storage } = await sealedStore(await places.make());
    await using _ = storage;
    const whole = await exportStore(storage, { folder: join(folder, "whole"), whole: true });
    expect(whole).toMatchObject({ events: EVENTS, minimumIndex: 0, problems: [] });
    expect(await verifyExport(whole.folder, { keys })).toMatchObject({ isComplete: true, present: EVENTS });
    const range = { from: event(100).ts, to: event(350).ts };
    const part = await exportStore(storage, { folder: join(folder, "part"), ...range });
    expect(await verifyExport(part.folder, { keys })).toMatchObject({ isComplete: true, events: 250, missing: 0 });
  });

  it(...on(name, "exports what a row became, and the verification finds it"), async () => {
    const place = await places.make();
    const { storage } = await sealedStore(place);
    await using _ = storage;
    await place.raw(`UPDATE audit_events SET decision = 'redact' WHERE event_id = '${idOf(20)}'`);
    await place.raw(`DELETE FROM audit_events WHERE event_id = '${idOf(30)}'`);
    const { folder: out, problems } = await exportStore(storage, { folder: join(folder, "changed") });
    expect(problems).toHaveLength(1);
    const { findings, missing } = await verifyExport(out, { keys });
    expect(findings.map(({ code }) => code).sort()).toEqual(["dropped_without_record", "edited"]);
    expect(missing).toBe(1);
  });

  it(...on(name, "proves an event, by its time or without it"), async () => {
    const place = await places.make();
    const { storage } = await sealedStore(place);
    await using _ = storage;
    for (const n of [0, 255, 256, EVENTS - 1]) {
      const { proof, leaf, size } = await proveEvent(storage, idOf(n));
      const verified = verifyEntryProof(proof, keys);
      expect(parseEntry(verified.entry)).toMatchObject({ t: "event", eventId: idOf(n) });
      expect([verified.index, verified.checkpoint.size]).toEqual([leaf, size]);
    }
    const range = { from: event(7).ts, to: event(8).ts };
    expect(await proveEvent(storage, idOf(7), range)).toMatchObject({ eventId: idOf(7) });
    await expect(proveEvent(storage, idOf(9), range)).rejects.toMatchObject({ code: "not_found" });
    await storage.audit.append(events(EVENTS, 1));
    await expect(proveEvent(storage, idOf(EVENTS))).rejects.toThrow(/no checkpoint covers the event/);
    await place.raw(`UPDATE audit_events SET decision = 'redact' WHERE event_id = '${idOf(20)}'`);
    await expect(proveEvent(storage, idOf(20))).rejects.toMatchObject({ code: "corrupt" });
  });
});

it("exports a store in memory, with what was dropped", { timeout: 60_000 }, async () => {
  let now = NOW;
  const limits = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };
  await using storage = openMemoryStorage({ clock: () => now, limits, governanceEvents: false });
  const sealer = createSealer(storage, { key: KEY, clock: () => now });
  await sealer.init();
  await storage.audit.append(events(0, 400));
  await storage.audit.append(events(400, 100).map((one) => ({ ...one, ts: new Date(NOW - 5 * 86_400_000) })));
  await sealer.sealOnce();
  now += HOUR_MS;
  const [partition] = (await storage.partitions.list("audit")).toSorted((a, b) => a.from.getTime() - b.from.getTime());
  if (partition === undefined) throw new Error("the store has no partition");
  const drop = await announceDrop(storage, sealer, { partition, run: "run-1", policy: "A".repeat(43).concat("=") });
  await storage.partitions.drop(partition, { expect: { rows: drop.events } });
  await drop.done();
  await sealer.sealOnce();
  const folder = await mkdtemp(join(tmpdir(), "aasm-evidence-memory-"));
  try {
    const out = await exportStore(storage, { folder: join(folder, "x") });
    expect(await verifyExport(out.folder, { keys })).toMatchObject({
      isComplete: true,
      events: 500,
      dropped: 100,
      missing: 0,
      runs: ["run-1"],
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("says what is missing: a log, a checkpoint", async () => {
  await using storage = openMemoryStorage();
  await expect(exportStore(storage, { folder: "unused" })).rejects.toMatchObject({ code: "not_found" });
  const sealer = createSealer(storage, { origin: "example.com/audit" });
  await sealer.init();
  await storage.audit.append(events(0, 1));
  await expect(exportStore(storage, { folder: "unused" })).rejects.toThrow(/no checkpoint/);
  await expect(proveEvent(storage, idOf(0))).rejects.toThrow(/no checkpoint/);
});
