import {
  isStorageError,
  type JsonValue,
  type NewAuditEvent,
  type PartitionSlice,
  type Position,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  parseAuditFilter,
  planCounts,
  toAuditEvent,
  utcDay,
} from "@agent-assembly/storage-core/backend";
import { sqliteHarness } from "@agent-assembly/storage-sqlite/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { selectCounts } from "../../src/counts/select.js";
import type { CountSlice } from "../../src/counts/slice.js";
import { CountOracle } from "../support/count-oracle.js";
import { HandFolder, pathOf } from "../support/fold.js";

type Selection = NonNullable<PartitionSlice["selection"]>;

const RUNS = Number(process.env.AASM_TEST_COUNT_RUNS ?? 60);
const LONGEST = 25;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 1, 27, 22);

const quarters = (min: number, max: number) => fc.integer({ min, max }).map((n) => START + n * (HOUR / 4));

/**
 * Mostly within hours of the end of a month, by quarters of hours, so that either part of a cut hour may be the shorter one; some
 * far away, before 1970 and within a cell of a zone with half hours.
 */
const time = fc.oneof(
  { weight: 4, arbitrary: quarters(-12, 120) },
  { weight: 4, arbitrary: quarters(4, 12) },
  { weight: 2, arbitrary: fc.constantFrom(START - 40 * 24 * HOUR, START + 33 * 24 * HOUR + 1, -1, -40 * 24 * HOUR) },
);
const some = (prefix: string, count: number) => fc.integer({ min: 1, max: count }).map((n) => `${prefix}${n}`);
const event = fc
  .record({
    ts: time.map((ms) => new Date(ms)),
    agentId: some("a", 3),
    action: some("act", 2),
    decision: fc.constantFrom("allow", "deny"),
    optional: fc.record(
      {
        teamId: some("t", 2),
        sessionId: some("s", 2),
        matchedRuleId: some("r", 2),
        dryRun: fc.boolean(),
        payload: fc.oneof(
          some("tool", 3).map((tool): JsonValue => ({ tool, note: "é".repeat(tool.length) })),
          fc.constant<JsonValue>([1, 2]),
        ),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ optional, ...required }): NewAuditEvent => ({ ...required, ...optional }));

const oneOrMany = (prefix: string, count: number) =>
  fc.oneof(some(prefix, count), fc.array(some(prefix, count), { maxLength: 2 }));
const filters = fc.record(
  {
    agentId: oneOrMany("a", 3),
    teamId: oneOrMany("t", 2),
    decision: fc.constantFrom("allow", "deny"),
    tool: oneOrMany("tool", 3),
    matchedRuleId: some("r", 2),
    dryRun: fc.boolean(),
    sessionId: some("s", 2),
  },
  { requiredKeys: [] },
);
const ranges = fc.record(
  { from: time.map((ms) => new Date(ms)), to: time.map((ms) => new Date(ms)) },
  { requiredKeys: [] },
);
/** What hours answer, for ranges that mostly cut one. */
const hourly = fc.record({
  filter: fc.record({ decision: fc.constantFrom("allow", "deny") }, { requiredKeys: [] }),
  range: fc.oneof(
    ranges,
    fc
      .tuple(quarters(-2, 12), fc.integer({ min: 1, max: 8 }))
      .map(([from, n]) => ({ from: new Date(from), to: new Date(from + n * (HOUR / 4)) })),
  ),
  request: fc.record(
    {
      groupBy: fc.constantFrom(["agentId"], ["matchedRuleId", "dryRun"], ["teamId"], ["tool", "decision"], []),
      bucket: fc.record({
        every: fc.constantFrom("1h", "6h", "1d", "1mo"),
        timeZone: fc.constantFrom("UTC", "Europe/Berlin"),
      }),
    },
    { requiredKeys: [] },
  ),
});
/** The store's time: behind the events, or among them. */
const clocks = fc.constantFrom(START + 100 * 24 * HOUR, START + 7 * (HOUR / 4));
const requests = fc.record(
  {
    groupBy: fc.uniqueArray(
      fc.constantFrom("agentId", "teamId", "action", "decision", "dryRun", "matchedRuleId", "tool", "sessionId"),
      { maxLength: 3 },
    ),
    bucket: fc.record({
      every: fc.constantFrom("30m", "1h", "6h", "1d", "1w", "1mo"),
      timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu"),
    }),
  },
  { requiredKeys: [] },
);
const selections = fc.record(
  { only: fc.array(filters, { maxLength: 2 }), except: fc.array(filters, { maxLength: 2 }) },
  { requiredKeys: [] },
);

interface World {
  readonly handles: readonly [StorageBackend, StorageBackend];
  readonly folder: HandFolder;
  /** The store's time. */
  readonly now: number;
  /** A slice that was counted and is still to be added. */
  late: CountSlice | undefined;
  /** How often counts answered with rows of a cut hour, and with an hour less the rows of its other part. */
  readonly cut: { rows: number; subtracted: number };
  /** An earlier moment: a position, and the events of then that are still there. */
  mark: { readonly asOf: Position; readonly keys: ReadonlySet<string> } | undefined;
  events(): Promise<Awaited<ReturnType<typeof sqliteHarness.readStoredEvents>>>;
}

type Step = (world: World) => Promise<void>;
const handle = fc.constantFrom(0, 1);
const named = <T>(name: string, args: fc.Arbitrary<T>, run: (world: World, drawn: T) => Promise<void>) =>
  args.map(
    (drawn): Step =>
      Object.assign((world: World) => run(world, drawn), {
        [fc.toStringMethod]: () => `${name} ${fc.stringify(drawn)}`,
      }),
  );

const keyOf = ({ ts, eventId }: AuditEventRow): string => `${ts} ${eventId}`;

const limits = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

async function drop(world: World, n: number, which: number, selection: Selection | undefined): Promise<void> {
  const { partitions } = world.handles[n] as StorageBackend;
  const days = await partitions.list("audit");
  const day = days[which % Math.max(1, days.length)];
  if (day === undefined) return;
  const { rows, asOf } = await partitions.measure(day, { selection });
  await partitions.drop(day, { selection, asOf, expect: { rows } });
  if (world.mark === undefined) return;
  // An event that is restored later is a new row, behind the mark.
  const left = new Set((await world.events()).map(keyOf));
  const keys = new Set([...world.mark.keys].filter((key) => left.has(key)));
  world.mark = { ...world.mark, keys };
}

const steps = fc.oneof(
  {
    weight: 6,
    arbitrary: named(
      "append",
      fc.tuple(handle, fc.array(event, { minLength: 1, maxLength: 12 })),
      async ({ handles }, [n, events]) => {
        await handles[n]?.audit.append(events, { limits });
      },
    ),
  },
  {
    weight: 2,
    arbitrary: named("restore", fc.tuple(handle, fc.nat()), async ({ handles, events }, [n, which]) => {
      const stored = await events();
      const again = stored.slice(which % Math.max(1, stored.length), (which % Math.max(1, stored.length)) + 3);
      const moved = again.map((row) => toAuditEvent({ ...row, ts: row.ts + HOUR / 4 }));
      if (again.length > 0) await handles[n]?.partitions.restore([...again.map(toAuditEvent), ...moved]);
    }),
  },
  {
    weight: 6,
    arbitrary: named("fold", fc.integer({ min: 1, max: 20 }), async ({ folder }, rows) => folder.fold(rows)),
  },
  { weight: 1, arbitrary: named("fold all", fc.constant(""), async ({ folder }) => folder.fold()) },
  {
    weight: 2,
    arbitrary: named("count a slice", fc.integer({ min: 1, max: 20 }), async (world, rows) => {
      world.late = world.folder.slice(rows);
    }),
  },
  {
    weight: 3,
    arbitrary: named("add that slice", fc.constant(""), async (world) => {
      if (world.late !== undefined) await world.folder.apply(world.late);
    }),
  },
  {
    weight: 3,
    arbitrary: named("drop", fc.tuple(handle, fc.nat(), fc.option(selections, { nil: undefined })), (world, drawn) =>
      drop(world, ...drawn),
    ),
  },
  {
    weight: 3,
    arbitrary: named(
      "drop while a slice is on its way",
      fc.tuple(handle, fc.nat(), fc.option(selections, { nil: undefined })),
      async (world, drawn) => {
        const slice = world.folder.slice(20);
        await drop(world, ...drawn);
        await world.folder.apply(slice);
      },
    ),
  },
  {
    weight: 2,
    arbitrary: named("mark", handle, async (world, n) => {
      const [day] = [{ dataset: "audit" as const, ...utcDay(START), rows: 0, bytes: 0, tier: "hot" as const }];
      const { asOf } = (await world.handles[n]?.partitions.measure(day)) ?? {};
      if (asOf !== undefined) world.mark = { asOf, keys: new Set((await world.events()).map(keyOf)) };
    }),
  },
  { weight: 1, arbitrary: named("rebuild", fc.constant(""), async ({ folder }) => folder.tables.empty()) },
);

/** What counts say of a range, payloads' bytes included, is what its events have. */
async function compareBytes({ folder, now, events }: World, range: { readonly from?: Date; readonly to?: Date }) {
  const asked = parseAuditFilter(range);
  const plan = planCounts(asked, { bucket: undefined, dimensions: [] }, now);
  if (plan === undefined) return;
  const { sql, values } = selectCounts(plan, { groups: [], condition: undefined, sized: true });
  const within = (await events()).filter(({ ts }) => ts >= (asked.from ?? ts) && ts < (asked.to ?? Number.MAX_VALUE));
  expect(folder.db.prepare(sql).get(...values)).toEqual({
    n: within.length,
    b: within.reduce((sum, { payload }) => sum + Buffer.byteLength(payload ?? ""), 0),
  });
}

async function compare(world: World, question: typeof questions extends fc.Arbitrary<infer Q> ? Q : never) {
  const { handles, events, mark, cut } = world;
  const { n, selection, which } = question;
  const storage = handles[n] as StorageBackend;
  const oracle = await CountOracle.of(await events());
  for (const { filter, range, request } of [question, ...question.hourly]) {
    const asked = { ...filter, ...range };
    expect(await storage.audit.count(asked)).toBe(await oracle.count(asked));
    expect(await storage.audit.summarize(asked, request as never)).toEqual(
      await oracle.summarize(asked, request as never),
    );
    await compareBytes(world, range);
    const explained = await storage.audit.explain(asked, request as never);
    if (explained.counts.length > 0) cut.rows += explained.events.length;
    cut.subtracted += explained.subtracted?.length ?? 0;
  }
  const days = await storage.partitions.list("audit");
  expect(days).toEqual(await oracle.list());
  const day = days[which % Math.max(1, days.length)];
  if (day === undefined) return;
  expect(await storage.partitions.measure(day, { selection })).toMatchObject(await oracle.measure(day, selection));
  if (mark === undefined) return;
  const earlier = await CountOracle.of((await events()).filter((row) => mark.keys.has(keyOf(row))));
  const measured = await storage.partitions.measure(day, { selection, asOf: mark.asOf });
  expect(measured).toEqual({ ...(await earlier.measure(day, selection)), asOf: mark.asOf });
}

const questions = fc.record({
  n: handle,
  filter: filters,
  range: ranges,
  request: requests,
  hourly: fc.array(hourly, { minLength: 3, maxLength: 3 }),
  selection: fc.option(selections, { nil: undefined }),
  which: fc.nat(),
});

it("counts are those of the rows, whatever was appended, dropped, restored and folded before", {
  timeout: Math.max(600_000, RUNS * 1000),
}, async () => {
  const cut = { rows: 0, subtracted: 0 };
  const sequences = fc.array(fc.tuple(steps, questions), { minLength: 1, maxLength: LONGEST, size: "max" });
  await fc.assert(
    fc.asyncProperty(sequences, clocks, async (sequence, now) => {
      const options = { limits, clock: () => now };
      const first = await sqliteHarness.create(options);
      const second = await sqliteHarness.second(first, options);
      try {
        using folder = new HandFolder(pathOf(first));
        const world: World = {
          handles: [first, second],
          folder,
          now,
          late: undefined,
          mark: undefined,
          cut,
          events: () => sqliteHarness.readStoredEvents(first),
        };
        for (const [step, question] of sequence) {
          await step(world).catch((error: unknown) => {
            if (!isStorageError(error, "conflict")) throw error;
          });
          await compare(world, question);
        }
        expect(await folder.verify()).toEqual([]);
        await folder.fold();
        expect(await folder.verify()).toEqual([]);
      } finally {
        await sqliteHarness.destroy(first);
      }
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
  expect(cut.rows).toBeGreaterThan(0);
  expect(cut.subtracted).toBeGreaterThan(0);
});
