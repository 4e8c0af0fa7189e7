import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { builtProgram } from "@agent-assembly/test-programs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSealer, generateSignerKey, parseSignerKey, parseVerifierKey, verifyStore } from "../../src/index.js";
import { unpackSeqs } from "../../src/log/seq-list.js";
import { on, placesFor, STORES, type StorePlace, type StorePlaces } from "./support/places.js";
import { event, ORIGIN } from "./support/sealed-store.js";

const PROGRAM = await builtProgram(new URL("../programs/sealer.mjs", import.meta.url));
const WRITERS = 4;
const BATCHES = 60;
const BATCH = 25;
const EVENTS = WRITERS * BATCHES * BATCH;

async function start(place: StorePlace, signerKey: string): Promise<ChildProcess> {
  const input = JSON.stringify({ store: place.options, signerKey });
  const child = spawn(process.execPath, [PROGRAM, input], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "close");
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
}

async function write(storage: StorageBackend, writer: number): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch++) {
    const first = (writer * BATCHES + batch) * BATCH;
    await storage.audit.append(Array.from({ length: BATCH }, (_, n) => event(first + n)));
    await sleep(Math.random() * 20);
  }
}

/** The numbers of the rows of all leaves. */
async function sealedSeqs({ evidenceSupport }: StorageBackend): Promise<number[]> {
  const batches = (await evidenceSupport?.batches(1, { from: 0, limit: 4096 })) ?? [];
  return batches.flatMap(({ seqs, count }) => unpackSeqs(seqs, count));
}

describe.each(STORES)("on %s", (name) => {
  describe(...on(name, "several sealers"), () => {
    let places: StorePlaces;
    beforeAll(async () => {
      places = await placesFor(name);
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    it("give each event exactly one leaf, beside writers, while some of them are killed", async () => {
      const place = await places.make();
      const { signerKey, verifierKey } = generateSignerKey(ORIGIN);
      await using storage = await place.open();
      const sealer = createSealer(storage, { key: parseSignerKey(signerKey), leaseMs: 1000 });
      await sealer.init();
      let writing = true;
      const written = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(storage, writer))).finally(
        () => {
          writing = false;
        },
      );
      const sealers = [await start(place, signerKey), await start(place, signerKey)];
      let killed = 0;
      do {
        await sleep(150 + Math.random() * 200);
        await kill(sealers.shift() as ChildProcess);
        killed++;
        sealers.push(await start(place, signerKey));
      } while (writing);
      await written;
      expect(killed).toBeGreaterThan(0);
      for (const child of sealers) await kill(child);
      // The lease of one that was killed must run out first.
      await expect.poll(async () => (await sealer.sealOnce()).sealed).toBe(true);

      const seqs = await sealedSeqs(storage);
      expect(seqs).toHaveLength(EVENTS);
      expect(new Set(seqs).size).toBe(EVENTS);
      const { findings, events } = await verifyStore(storage, { keys: [parseVerifierKey(verifierKey)] });
      expect(findings).toEqual([]);
      expect(events).toBe(EVENTS);
    });

    it("of which one lost its lease, change nothing and begin again from the log", async () => {
      const place = await places.make();
      const key = parseSignerKey(generateSignerKey(ORIGIN).signerKey);
      await using storage = await place.open();
      const [first, second] = [createSealer(storage, { key }), createSealer(storage, { key })];
      await first.init();
      await storage.audit.append(Array.from({ length: 300 }, (_, n) => event(n)));
      expect(await first.sealOnce()).toMatchObject({ sealed: true, events: 300, size: 301 });
      // The first one continues what it knows, behind the back of which the second one went on.
      await storage.audit.append([event(300)]);
      expect(await second.sealOnce()).toMatchObject({ events: 1, size: 302 });
      await storage.audit.append([event(301)]);
      expect(await first.sealOnce()).toMatchObject({ events: 1, size: 303 });
      const at = new Date().toISOString();
      const leaves = await Promise.all(
        [first, second, first, second].map((one) =>
          one.appendStatement({ t: "gap", v: 1, at, since: at, reason: "test" }),
        ),
      );
      expect(leaves.toSorted()).toEqual([303, 304, 305, 306]);
      expect((await verifyStore(storage)).findings).toEqual([]);
    });
  });
});
