import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { applyRetention, openArchive, type RetentionPolicy, restoreArchive } from "@agent-assembly/retention";
import type { ErasureRequest, NewAuditEvent, Partition, StorageBackend } from "@agent-assembly/storage-core";
import { builtProgram } from "@agent-assembly/test-programs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  announceDrop,
  createSealer,
  dropAnnouncer,
  erasureEvidence,
  restoreAnnouncer,
  type Sealer,
  verifyStore,
} from "../../src/index.js";
import { on, placesFor, STORES, type StoreName, type StorePlace, type StorePlaces } from "./support/places.js";
import { event, HOUR_MS, KEY, NOW, SIGNER_KEY, VERIFIER } from "./support/sealed-store.js";

const DAY_MS = 86_400_000;
const PROGRAM = await builtProgram(new URL("../programs/operation.mjs", import.meta.url));
/** Of random operations; more with AASM_TEST_EVIDENCE_RUNS. */
const runsOn = (name: StoreName): number => Number(process.env.AASM_TEST_EVIDENCE_RUNS ?? (name === "sqlite" ? 25 : 6));
const POLICY = Buffer.alloc(32, 7).toString("base64");

/** What must be in the store and in its log. */
interface Model {
  appended: number;
  /** Numbers of events by UTC day; those that are still there. */
  readonly days: Map<string, Set<number>>;
  /** Days that were moved into the archive. */
  readonly archived: Map<string, Set<number>>;
  /** Numbers of events that have lost their payload. */
  readonly erased: Set<number>;
  dropped: number;
}

/** A store under random operations. */
class Subject {
  readonly model: Model = { appended: 0, days: new Map(), archived: new Map(), erased: new Set(), dropped: 0 };
  now = NOW;
  readonly folder = mkdtempSync(join(tmpdir(), "aasm-evidence-order-"));
  #sealers: Sealer[] = [];

  private constructor(
    private readonly place: StorePlace,
    public storage: StorageBackend,
  ) {
    this.#makeSealers();
  }

  static async begin(place: StorePlace): Promise<Subject> {
    const clock = { now: (): number => NOW };
    const storage = await place.open(() => clock.now());
    const subject = new Subject(place, storage);
    clock.now = () => subject.now;
    await subject.sealer(0).init();
    return subject;
  }

  /** Two of them work side by side, each with what it remembers of the log. */
  sealer(which: number): Sealer {
    return this.#sealers[which % this.#sealers.length] as Sealer;
  }

  async append(count: number, daysAgo: number, killedAfter?: number): Promise<void> {
    const events = Array.from({ length: count }, () => {
      const n = this.model.appended++;
      const ts = new Date(NOW - daysAgo * DAY_MS + (n % 1000));
      const day = utcDay(ts);
      const known = this.model.days.get(day) ?? new Set();
      this.model.days.set(day, known.add(n));
      return event(n, { ts });
    });
    await this.#killed({ kind: "append", events }, killedAfter);
    await this.storage.audit.append(events);
  }

  async seal(which: number, killedAfter?: number): Promise<void> {
    await this.#killed({ kind: "seal" }, killedAfter);
    await this.sealer(which).sealOnce();
  }

  /** @param dies after the rows are gone, and before the log says so */
  async drop(which: number, dies: boolean, killedAfter?: number): Promise<void> {
    const [partition] = await this.storage.partitions.list("audit");
    if (partition === undefined) return;
    const run = `run-${this.model.dropped}`;
    await this.#killed({ kind: "drop", run, policy: POLICY }, killedAfter);
    const [first] = await this.storage.partitions.list("audit");
    if (first?.from.getTime() === partition.from.getTime()) {
      const drop = await announceDrop(this.storage, this.sealer(which), { partition: first, run, policy: POLICY });
      await this.storage.partitions.drop(first, { expect: { rows: drop.events } });
      if (!dies) expect(await drop.done()).toBeGreaterThan(drop.leaf);
    }
    for (const [day, events] of this.model.days) {
      if (!covers(partition, day)) continue;
      this.model.dropped += events.size;
      this.model.days.delete(day);
    }
  }

  /** Moves what is older than so many days into the archive. */
  async archive(days: number, killedAfter?: number): Promise<void> {
    const policy: RetentionPolicy = {
      archiveUrl: `file://${this.folder}`,
      audit: { hotDays: 1, warmDays: 2, coldAction: "archive" },
    };
    const now = new Date(NOW + (3 - days) * DAY_MS);
    await this.#killed({ kind: "archive", policy, at: now }, killedAfter);
    const report = await applyRetention(this.storage, policy, { now, evidence: dropAnnouncer(this.storage) });
    expect(report).toMatchObject({ outcome: "succeeded", detail: "", warnings: [] });
    const left = await this.storage.partitions.list("audit");
    for (const [day, events] of this.model.days) {
      if (left.some((partition) => covers(partition, day))) continue;
      this.model.dropped += events.size;
      this.model.archived.set(day, new Set([...(this.model.archived.get(day) ?? []), ...events]));
      this.model.days.delete(day);
    }
  }

  /** Brings back all that was ever archived. */
  async restore(killedAfter?: number): Promise<void> {
    if (this.model.archived.size === 0) return;
    await this.#killed({ kind: "restore", archiveUrl: `file://${this.folder}` }, killedAfter);
    await using archive = await openArchive(`file://${this.folder}`, { access: "read" });
    await restoreArchive(archive, this.storage, { evidence: restoreAnnouncer(this.storage) });
    for (const [day, events] of this.model.archived) {
      const present = this.model.days.get(day) ?? new Set();
      for (const n of events) if (!present.has(n)) this.model.dropped--;
      this.model.days.set(day, new Set([...present, ...events]));
    }
  }

  /** Erases the payload of an event, wherever it is; what an archive still has of it must not come back. */
  async erase(which: number, draw: number, killedAfter?: number): Promise<void> {
    const present = [...this.model.days.values()].flatMap((events) => [...events]);
    const n = present[draw % present.length];
    if (n === undefined) return;
    const filter = { eventId: String(event(n).eventId) };
    const request = { filter, parts: ["payload"], request: `request ${n}`, basis: "Art. 17" };
    await this.#killed({ kind: "erase", request }, killedAfter);
    const evidence = erasureEvidence(this.storage, { sealer: this.sealer(which) });
    await this.storage.erase(request, { evidence });
    this.model.erased.add(n);
  }

  /** What a process remembers is gone. */
  async reopen(): Promise<void> {
    await this.storage.close();
    this.storage = await this.place.open(() => this.now);
    this.#makeSealers();
  }

  /**
   * Begins an operation in another process, and kills it; an hour later, when its leases have run out, the caller does the same again.
   * @param killedAfter milliseconds; `undefined`: nothing is begun
   */
  async #killed(operation: KilledOperation, killedAfter: number | undefined): Promise<void> {
    if (killedAfter === undefined) return;
    const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "close");
    child.stdin.end(JSON.stringify({ store: this.place.options, signerKey: SIGNER_KEY, now: this.now, operation }));
    await Promise.race([once(child.stdout, "data"), ended]);
    await Promise.race([sleep(killedAfter), ended]);
    child.kill("SIGKILL");
    const [code, signal] = await ended;
    expect(signal ?? code).toBeOneOf(["SIGKILL", 0]);
    this.now += HOUR_MS;
  }

  async check(): Promise<void> {
    await this.sealer(0).sealOnce();
    const report = await verifyStore(this.storage, { keys: [VERIFIER] });
    const { appended, days, dropped } = this.model;
    const erased = [...days.values()].flatMap((events) => [...events].filter((n) => this.model.erased.has(n)));
    expect(report).toMatchObject({ findings: [], events: appended, dropped, erased: erased.length, uncompared: 0 });
    for (const n of erased) {
      const { items } = await this.storage.audit.query({ eventId: String(event(n).eventId) });
      expect(items).toHaveLength(1);
      expect(items[0]).not.toHaveProperty("payload");
    }
    const present = [...days.values()].reduce((sum, { size }) => sum + size, 0);
    expect(await this.storage.audit.count()).toBe(present);
    expect(present + dropped).toBe(appended);
  }

  #makeSealers(): void {
    this.#sealers = [0, 1].map(() => createSealer(this.storage, { key: KEY, clock: () => this.now }));
  }
}

/** A partition has one day, or several. */
function covers({ from, to }: Partition, day: string): boolean {
  const start = Date.parse(day);
  return start >= from.getTime() && start < to.getTime();
}

function utcDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

type KilledOperation =
  | { readonly kind: "append"; readonly events: readonly NewAuditEvent[] }
  | { readonly kind: "seal" }
  | { readonly kind: "drop"; readonly run: string; readonly policy: string }
  | { readonly kind: "archive"; readonly policy: RetentionPolicy; readonly at: Date }
  | { readonly kind: "restore"; readonly archiveUrl: string }
  | { readonly kind: "erase"; readonly request: ErasureRequest };

type Operation = (subject: Subject) => Promise<void>;

/** Milliseconds after which an operation is killed; mostly it is not. */
const KILLED_AFTER = fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 2 });
const after = (ms: number | undefined): string => (ms === undefined ? "" : `, killed after ${ms} ms`);

/** Each is drawn as often as it is here. */
const OPERATIONS: readonly fc.Arbitrary<readonly [string, Operation]>[] = [
  fc
    .tuple(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 3 }), KILLED_AFTER)
    .map(([count, daysAgo, kill]) => [
      `append ${count}, ${daysAgo} days ago${after(kill)}`,
      (subject) => subject.append(count, daysAgo, kill),
    ]),
  fc
    .tuple(fc.nat(1), KILLED_AFTER)
    .map(([which, kill]) => [`seal ${which}${after(kill)}`, (subject) => subject.seal(which, kill)]),
  fc.nat(1).map((which) => [
    `both seal ${which}`,
    async (subject) => {
      await Promise.all([subject.sealer(which).sealOnce(), subject.sealer(which + 1).sealOnce()]);
    },
  ]),
  fc
    .tuple(fc.nat(1), fc.boolean(), KILLED_AFTER)
    .map(([which, dies, kill]) => [
      `drop ${which}${dies ? " and die" : ""}${after(kill)}`,
      (subject) => subject.drop(which, dies, kill),
    ]),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), KILLED_AFTER)
    .map(([days, kill]) => [`archive ${days}${after(kill)}`, (subject) => subject.archive(days, kill)]),
  KILLED_AFTER.map((kill) => [`restore${after(kill)}`, (subject) => subject.restore(kill)]),
  fc
    .tuple(fc.nat(1), fc.nat(5000), KILLED_AFTER)
    .map(([which, draw, kill]) => [
      `erase ${which} ${draw}${after(kill)}`,
      (subject) => subject.erase(which, draw, kill),
    ]),
  fc.integer({ min: -2, max: 3 }).map((hours) => [
    `clock ${hours} h`,
    async (subject) => {
      subject.now += hours * HOUR_MS;
    },
  ]),
  fc.constant(["reopen", (subject) => subject.reopen()]),
  fc.constant(["verify", (subject) => subject.check()]),
];

describe.each(STORES)("on %s", (name) => {
  const runs = runsOn(name);
  describe(...on(name, "any order of operations", { timeout: 20_000 * runs }), () => {
    let places: StorePlaces;
    beforeAll(async () => {
      places = await placesFor(name);
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    it("leaves a store that is clean, and equal to the model", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(...OPERATIONS), { minLength: 4, maxLength: 14 }), async (operations) => {
          const subject = await Subject.begin(await places.make());
          try {
            for (const [, operation] of operations) await operation(subject);
            await subject.check();
          } finally {
            await subject.storage.close();
            rmSync(subject.folder, { recursive: true, force: true });
          }
        }),
        { numRuns: runs },
      );
    });
  });
});
