import type { StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { announceDrop, createSealer, type Sealer, verifyStore } from "../../src/index.js";
import { placesFor, type StorePlace, type StorePlaces } from "./support/places.js";
import { event, KEY, NOW, VERIFIER } from "./support/sealed-store.js";

const DAY_MS = 86_400_000;
const POLICY = Buffer.alloc(32, 7).toString("base64");

/** What must be in the store and in its log. */
interface Model {
  appended: number;
  /** Numbers of events by UTC day; those that are still there. */
  readonly days: Map<string, Set<number>>;
  dropped: number;
}

/** A store under random operations. */
class Subject {
  readonly model: Model = { appended: 0, days: new Map(), dropped: 0 };
  now = NOW;
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
      const day = ts.toISOString().slice(0, 10);
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
    const day = partition.from.toISOString().slice(0, 10);
    const plan = { partition, run: `run-${this.model.dropped}`, policy: POLICY };
    const drop = await announceDrop(this.storage, this.sealer(which), plan);
    await this.storage.partitions.drop(partition, { expect: { rows: drop.events } });
    if (!dies) expect(await drop.done()).toBeGreaterThan(drop.leaf);
    this.model.dropped += this.model.days.get(day)?.size ?? 0;
    this.model.days.delete(day);
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
    expect(report).toMatchObject({ findings: [], events: appended, dropped, uncompared: 0 });
    const present = [...days.values()].reduce((sum, { size }) => sum + size, 0);
    expect(await this.storage.audit.count()).toBe(present);
    expect(present + dropped).toBe(appended);
  }

  #makeSealers(): void {
    this.#sealers = [0, 1].map(() => createSealer(this.storage, { key: KEY, clock: () => this.now }));
  }
}

type Operation = (subject: Subject) => Promise<void>;

/** Each is drawn as often as it is here; what changes rows in another way belongs here, too, with its part of the model. */
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
  fc.integer({ min: -2, max: 3 }).map((hours) => [
    `clock ${hours} h`,
    async (subject) => {
      subject.now += hours * 3_600_000;
    },
  ]),
  fc.constant(["crash", (subject) => subject.crash()]),
  fc.constant(["verify", (subject) => subject.check()]),
];

describe("any order of operations", { timeout: 300_000 }, () => {
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
        }
      }),
      { numRuns: 25 },
    );
  });
});
