import type { StorageBackend } from "@agent-assembly/storage-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSealer, type StoreVerification, storeVerdict, verifyStore } from "../../src/index.js";
import { on, placesFor, STORES, type StorePlace, type StorePlaces } from "./support/places.js";
import { event, HOUR_MS, KEY, NOW, VERIFIER } from "./support/sealed-store.js";

const DAY_MS = 24 * HOUR_MS;
/** Events of each day. */
const PER_DAY = 300;
const DAYS = 4;

const dayOf = (day: number): Date => new Date(Date.UTC(2026, 10, 20 + day));
const rangeOf = (day: number) => ({ from: dayOf(day), to: dayOf(day + 1) });
/** Number `n` of a day. */
const idOf = (day: number, n: number): string => String(event(day * PER_DAY + n).eventId);

/** Four days, each in a seal of its own, and the last one behind the newest seal. */
async function fourDays(place: StorePlace): Promise<StorageBackend> {
  let now = NOW;
  const storage = await place.open(() => now);
  const sealer = createSealer(storage, { key: KEY, clock: () => now });
  await sealer.init();
  for (let day = 0; day < DAYS; day++) {
    const ts = (n: number): Date => new Date(dayOf(day).getTime() + n * 1000);
    const batch = Array.from({ length: PER_DAY }, (_, n) => event(day * PER_DAY + n, { ts: ts(n) }));
    await storage.audit.append(batch);
    await sealer.sealOnce();
    now += HOUR_MS;
  }
  return storage;
}

describe.each(STORES)("on %s", { timeout: 120_000 }, (name) => {
  let places: StorePlaces;
  beforeAll(async () => {
    if (!on(name, "")[1].skip) places = await placesFor(name);
  });
  afterAll(() => places?.[Symbol.asyncDispose]());

  const verify = (storage: StorageBackend, day: number): Promise<StoreVerification> =>
    verifyStore(storage, { keys: [VERIFIER], ...rangeOf(day) });
  const codesOf = async (storage: StorageBackend, day: number): Promise<string[]> =>
    (await verify(storage, day)).findings.map(({ code }) => code);
  const isFile = ({ options }: StorePlace): boolean => "path" in options;

  it(...on(name, "reads the seals of the range alone, and what no seal closes"), async () => {
    const place = await places.make();
    await using storage = await fourDays(place);
    const seen: [number, number][] = [];
    const report = await verifyStore(storage, {
      keys: [VERIFIER],
      ...rangeOf(1),
      onProgress: (...progress) => seen.push(progress),
    });
    // The day, and the last one.
    expect(report).toMatchObject({ events: 2 * PER_DAY, findings: [], uncompared: 0 });
    expect(report.passed).toBeGreaterThan(2 * PER_DAY);
    expect(storeVerdict(report)).toBe("clean");
    expect(seen.at(-1)).toEqual([report.leaves, report.leaves]);
    expect(seen.map(([leaves]) => leaves)).toEqual(seen.map(([leaves]) => leaves).toSorted((a, b) => a - b));
    expect(await verifyStore(storage, { keys: [VERIFIER] })).toMatchObject({ events: DAYS * PER_DAY, passed: 0 });
    expect(await verifyStore(storage, { to: dayOf(1) })).toMatchObject({ events: 2 * PER_DAY });
    const backwards = verifyStore(storage, { from: dayOf(2), to: dayOf(1) });
    await expect(backwards).rejects.toMatchObject({ code: "invalid_argument", option: "options.to" });
  });

  it(...on(name, "finds what was changed, deleted and put into the range, and no other"), async () => {
    const place = await places.make();
    await using storage = await fourDays(place);
    await place.raw(`UPDATE audit_events SET decision = 'redact' WHERE event_id = '${idOf(1, 5)}'`);
    await place.raw(`DELETE FROM audit_events WHERE event_id = '${idOf(1, 9)}'`);
    expect(await codesOf(storage, 1)).toEqual(["edited", "deleted"]);
    expect(await codesOf(storage, 0)).toEqual([]);
    const [ts, at] = [dayOf(2).getTime() + 500, new Date(dayOf(2).getTime() + 500).toISOString()];
    const columns = "ts, recorded_at, event_id, dry_run, agent_id, action, decision";
    const id = "'00000000-0000-7000-8000-00000000ffff'";
    await place.raw(
      isFile(place)
        ? `INSERT INTO audit_events (seq, ${columns}) VALUES (-1, ${ts}, ${NOW}, ${id}, 0, 'a', 'tool_call', 'allow')`
        : `INSERT INTO audit_events (seq, xact, ${columns})
           VALUES (1000000, 3, '${at}', now(), ${id}, false, 'a', 'tool_call', 'allow')`,
    );
    expect(await codesOf(storage, 2)).toEqual(["inserted"]);
    expect(await codesOf(storage, 0)).toEqual([]);
  });

  it(...on(name, "finds an event of another day that was moved into the range"), async () => {
    const place = await places.make();
    await using storage = await fourDays(place);
    const twoDays = isFile(place) ? `${2 * DAY_MS}` : "interval '2 days'";
    await place.raw(`UPDATE audit_events SET ts = ts + ${twoDays} WHERE event_id = '${idOf(0, 7)}'`);
    expect((await verify(storage, 2)).findings).toMatchObject([{ code: "edited", eventId: idOf(0, 7) }]);
    expect(await codesOf(storage, 1)).toEqual([]);
    expect(await codesOf(storage, 0)).toEqual(["edited"]);
  });

  it(...on(name, "finds a changed seal, whatever the range"), async () => {
    const place = await places.make();
    await using storage = await fourDays(place);
    const [seal] = await place.raw(
      "SELECT leaf, entry FROM evidence_statements WHERE kind = 'seal' ORDER BY leaf LIMIT 1",
    );
    const { leaf, entry } = seal as { leaf: unknown; entry: string };
    // So that it no longer counts the events of its day.
    const changed = entry.replace("2026-11-20", "2026-11-10");
    await place.raw(`UPDATE evidence_statements SET entry = '${changed}' WHERE leaf = ${leaf} AND kind = 'seal'`);
    for (const day of [0, 2]) expect(await codesOf(storage, day)).toContain("seal_damaged");
    await place.raw(`DELETE FROM evidence_statements WHERE leaf = ${leaf}`);
    expect(await codesOf(storage, 2)).toContain("seal_missing");
  });
});
