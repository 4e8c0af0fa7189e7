import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyRetention, openArchive, type RetentionPolicy, restoreArchive } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
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
import { placesFor, type StorePlace, type StorePlaces } from "./support/places.js";
import { event, KEY, NOW, VERIFIER } from "./support/sealed-store.js";

const DAY_MS = 86_400_000;
/** Of random operations; more with AASM_TEST_EVIDENCE_RUNS. */
const RUNS = Number(process.env.AASM_TEST_EVIDENCE_RUNS ?? 25);
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

  async append(count: number, daysAgo: number): Promise<void> {
    const events = Array.from({ length: count }, () => {
      const n = this.model.appended++;
      const ts = new Date(NOW - daysAgo * DAY_MS + (n % 1000));
      const day = utcDay(ts);
      const known = this.model.days.get(day) ?? new Set();
      this.model.days.set(day, known.add(n));
      return event(n, { ts });
    });
    await this.storage.audit.append(events);
  }

  /** @param dies after the rows are gone, and before the log says so */
  async drop(which: number, dies: boolean): Promise<void> {
    const [partition] = await this.storage.partitions.list("audit");
    if (partition === undefined) return;
    const day = utcDay(partition.from);
    const plan = { partition, run: `run-${this.model.dropped}`, policy: POLICY };
    const drop = await announceDrop(this.storage, this.sealer(which), plan);
    await this.storage.partitions.drop(partition, { expect: { rows: drop.events } });
    if (!dies) expect(await drop.done()).toBeGreaterThan(drop.leaf);
    this.model.dropped += this.model.days.get(day)?.size ?? 0;
    this.model.days.delete(day);
  }

  /** Moves what is older than so many days into the archive. */
  async archive(days: number): Promise<void> {
    const policy: RetentionPolicy = {
      archiveUrl: `file://${this.folder}`,
      audit: { hotDays: 1, warmDays: 2, coldAction: "archive" },
    };
    const now = new Date(NOW + (3 - days) * DAY_MS);
    const report = await applyRetention(this.storage, policy, { now, evidence: dropAnnouncer(this.storage) });
    expect(report).toMatchObject({ outcome: "succeeded", detail: "", warnings: [] });
    const left = new Set((await this.storage.partitions.list("audit")).map(({ from }) => utcDay(from)));
    for (const [day, events] of this.model.days) {
      if (left.has(day)) continue;
      this.model.dropped += events.size;
      this.model.archived.set(day, new Set([...(this.model.archived.get(day) ?? []), ...events]));
      this.model.days.delete(day);
    }
  }

  /** Brings back all that was ever archived. */
  async restore(): Promise<void> {
    if (this.model.archived.size === 0) return;
    await using archive = await openArchive(`file://${this.folder}`, { access: "read" });
    await restoreArchive(archive, this.storage, { evidence: restoreAnnouncer(this.storage) });
    for (const [day, events] of this.model.archived) {
      const present = this.model.days.get(day) ?? new Set();
      for (const n of events) if (!present.has(n)) this.model.dropped--;
      this.model.days.set(day, new Set([...present, ...events]));
    }
  }

  /** Erases the payload of an event, wherever it is; what an archive still has of it must not come back. */
  async erase(which: number, draw: number): Promise<void> {
    const present = [...this.model.days.values()].flatMap((events) => [...events]);
    const n = present[draw % present.length];
    if (n === undefined) return;
    const filter = { eventId: String(event(n).eventId) };
    const request = { filter, parts: ["payload"], request: `request ${n}`, basis: "Art. 17" };
    const evidence = erasureEvidence(this.storage, { sealer: this.sealer(which) });
    await this.storage.erase(request, { evidence });
    this.model.erased.add(n);
  }

  /** What a process remembers is gone. */
  async crash(): Promise<void> {
    await this.storage.close();
    this.storage = await this.place.open(() => this.now);
    this.#makeSealers();
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

function utcDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

type Operation = (subject: Subject) => Promise<void>;

/** Each is drawn as often as it is here. */
const OPERATIONS: readonly fc.Arbitrary<readonly [string, Operation]>[] = [
  fc
    .tuple(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 3 }))
    .map(([count, daysAgo]) => [`append ${count}, ${daysAgo} days ago`, (subject) => subject.append(count, daysAgo)]),
  fc.nat(1).map((which) => [
    `seal ${which}`,
    async (subject) => {
      await subject.sealer(which).sealOnce();
    },
  ]),
  fc.nat(1).map((which) => [
    `both seal ${which}`,
    async (subject) => {
      await Promise.all([subject.sealer(which).sealOnce(), subject.sealer(which + 1).sealOnce()]);
    },
  ]),
  fc
    .tuple(fc.nat(1), fc.boolean())
    .map(([which, dies]) => [`drop ${which} ${dies ? "and die" : ""}`, (subject) => subject.drop(which, dies)]),
  fc.integer({ min: 0, max: 3 }).map((days) => [`archive ${days}`, (subject) => subject.archive(days)]),
  fc.constant(["restore", (subject) => subject.restore()]),
  fc
    .tuple(fc.nat(1), fc.nat(5000))
    .map(([which, draw]) => [`erase ${which} ${draw}`, (subject) => subject.erase(which, draw)]),
  fc.integer({ min: -2, max: 3 }).map((hours) => [
    `clock ${hours} h`,
    async (subject) => {
      subject.now += hours * 3_600_000;
    },
  ]),
  fc.constant(["crash", (subject) => subject.crash()]),
  fc.constant(["verify", (subject) => subject.check()]),
];

describe("any order of operations", { timeout: 12_000 * RUNS }, () => {
  let places: StorePlaces;
  beforeAll(async () => {
    places = await placesFor("sqlite");
  });
  afterAll(() => places[Symbol.asyncDispose]());

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
      { numRuns: RUNS },
    );
  });
});
