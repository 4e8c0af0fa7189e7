import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StoreVerification, type VerifiedPart, verifyStore } from "../../src/index.js";
import { placesFor, type StorePlace, type StorePlaces } from "./support/places.js";
import { EVENTS, sealedStore, VERIFIER } from "./support/sealed-store.js";

const keys = [VERIFIER];
const ID = (n: number): string => `event_id = '00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}'`;

describe("a verification", { timeout: 60_000 }, () => {
  let places: StorePlaces;
  beforeAll(async () => {
    places = await placesFor("sqlite");
  });
  afterAll(() => places[Symbol.asyncDispose]());

  async function sealed() {
    const place = await places.make();
    const { storage } = await sealedStore(place);
    const notes = (await storage.evidenceSupport?.checkpoints(9)) ?? [];
    return { place, storage, notes };
  }

  async function edit(place: StorePlace, n: number): Promise<void> {
    await place.raw(`UPDATE audit_events SET decision = 'redact' WHERE ${ID(n)}`);
  }

  it("does not read anew what a checkpoint covers, up to its last seal, and says so", async () => {
    const { place, storage, notes } = await sealed();
    const third = notes[1];
    if (third === undefined) throw new Error("four checkpoints were signed");
    const since = { source: "a file", note: third.note };
    const clean: StoreVerification = await verifyStore(storage, { keys, since });
    const seals = await place.raw("SELECT leaf FROM evidence_statements WHERE kind = 'seal' ORDER BY leaf");
    const covered = seals.map(({ leaf }) => Number(leaf)).filter((leaf) => leaf < third.size);
    expect(clean).toMatchObject({ trusted: (covered.at(-1) ?? 0) + 1, events: EVENTS, findings: [] });
    await edit(place, 3);
    expect((await verifyStore(storage, { keys, since })).findings).toEqual([]);
    expect((await verifyStore(storage, { keys })).findings).toMatchObject([{ code: "edited" }]);
    for (const n of [EVENTS - 60, EVENTS - 3]) await edit(place, n);
    expect((await verifyStore(storage, { keys, since })).findings).toHaveLength(2);
    // Rows that no leaf stands for are found wherever they are; and so is one that is gone behind the checkpoint.
    await place.raw(`DELETE FROM audit_events WHERE ${ID(EVENTS - 70)}`);
    await place.raw(`INSERT INTO audit_events (seq, ts, recorded_at, event_id, dry_run, agent_id, action, decision)
      VALUES (-1, 5, 5, '00000000-0000-7000-8000-00000000ffff', 0, 'a', 'tool_call', 'allow')`);
    const codes = (await verifyStore(storage, { keys, since })).findings.map(({ code }) => code).sort();
    expect(codes).toEqual(["deleted", "edited", "edited", "inserted"]);
    await storage.close();
  });

  it("reads everything where the log does not continue the checkpoint, and finds that", async () => {
    const { place, storage, notes } = await sealed();
    await edit(place, 3);
    const note = (notes[1]?.note ?? "").replace(/^(.*\n\d+\n)..../, "$1AAAA");
    for (const since of [
      { source: "a file", note },
      { source: "a file", note: "no checkpoint" },
    ]) {
      const { trusted, findings } = await verifyStore(storage, { keys, since });
      expect(trusted).toBe(0);
      expect(findings.map(({ code }) => code).sort()).toEqual(["checkpoint_forged", "edited"]);
    }
    await storage.close();
  });

  it("goes on where it was interrupted, and not behind what it found", async () => {
    const { place, storage } = await sealed();
    const parts: VerifiedPart[] = [];
    const onVerified = (part: VerifiedPart): void => void parts.push(part);
    await verifyStore(storage, { keys, onVerified });
    const resume = parts.at(-1);
    expect(resume).toMatchObject({ size: EVENTS + 4 });
    expect(await verifyStore(storage, { keys, resume })).toMatchObject({ trusted: expect.any(Number), findings: [] });
    expect((await verifyStore(storage, { keys, resume })).trusted).toBeGreaterThan(EVENTS - 60);
    for (const other of [
      { ...(resume as VerifiedPart), size: 5 },
      { ...(resume as VerifiedPart), origin: "other" },
    ]) {
      expect((await verifyStore(storage, { keys, resume: other })).trusted).toBe(0);
    }
    parts.length = 0;
    await edit(place, 3);
    expect((await verifyStore(storage, { keys, onVerified })).findings).toHaveLength(1);
    expect(parts).toEqual([]);
    await storage.close();
  });
});
