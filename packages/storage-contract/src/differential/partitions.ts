import {
  isStorageError,
  type Lease,
  type RetentionRun,
  RUN_OUTCOMES,
  type Segment,
  type StorageBackend,
  type StoredEvent,
} from "@agent-assembly/storage-core";
import fc from "fast-check";
import { collect } from "../support/assert.js";
import { NOW } from "../support/fixtures.js";
import { command } from "./command.js";
import { maybe, newEvent, time } from "./values.js";

const restored: fc.Arbitrary<StoredEvent> = fc
  .tuple(newEvent, fc.constantFrom(new Date(NOW), new Date(NOW - 60_000)))
  .map(([event, recordedAt]) => ({ dryRun: false, ...event, recordedAt }) as StoredEvent);
const unrestorable = fc.constantFrom<unknown[]>(null, 7, {}, { ts: new Date(Number.NaN) });
const restorable = fc.array(
  fc.oneof({ weight: 40, arbitrary: restored }, { weight: 1, arbitrary: unrestorable as fc.Arbitrary<StoredEvent> }),
  { minLength: 1, maxLength: 6 },
);

// Drawn events lie so that each backend's segments are the same sets of events, whatever their borders.
export const nth = fc.integer({ min: 0, max: 2 });

export async function segmentAt(backend: StorageBackend, n: number): Promise<Segment | undefined> {
  return (await backend.tiers.segments("audit"))[n];
}

/** Drops a segment; `surplus` is what the expectation is wrong by. */
async function drop(backend: StorageBackend, n: number, surplus: number): Promise<unknown> {
  const segment = await segmentAt(backend, n);
  return segment && backend.tiers.drop(segment, { expect: { rows: segment.rows + surplus } });
}

/** Whether a store compresses is its own affair: nothing that is asked for later may tell. */
async function compress(backend: StorageBackend, n: number): Promise<undefined> {
  const segment = await segmentAt(backend, n);
  if (segment === undefined) return undefined;
  try {
    await backend.tiers.compress(segment);
  } catch (error) {
    const declared = backend.capabilities.compression.status === "unsupported";
    if (!declared || !isStorageError(error, "unsupported")) throw error;
  }
  return undefined;
}

const leaseName = fc.constantFrom("retention", "r2", "😀");
/** The leases that a history got; each history has backends of its own. */
const leases = new WeakMap<StorageBackend, Map<string, Lease>>();

function leasesOf(backend: StorageBackend): Map<string, Lease> {
  const held = leases.get(backend) ?? new Map<string, Lease>();
  leases.set(backend, held);
  return held;
}

async function lease(backend: StorageBackend, name: string, ttlMs: number): Promise<Date | undefined> {
  const got = await backend.tiers.lease(name, ttlMs);
  if (got !== undefined) leasesOf(backend).set(name, got);
  return got?.expiresAt;
}

const run: fc.Arbitrary<RetentionRun> = fc.record(
  {
    runId: fc.constantFrom("a", "B", "\uffff", "😀", ""),
    // Few instants, so that outcomes meet the runs they belong to.
    startedAt: fc.constantFrom(new Date(NOW), new Date(NOW - 60_000)),
    finishedAt: time,
    scheduledFor: time,
    outcome: fc.constantFrom(...RUN_OUTCOMES),
    rows: fc.nat(9),
    bytes: fc.nat(9),
    detail: fc.constantFrom("", "segment 'x'"),
  },
  { requiredKeys: ["runId", "startedAt", "outcome", "rows", "bytes", "detail"] },
);

/** Calls of the tier store. Ids, borders and sizes of segments are a backend's own. */
export const tierCommands = [
  command("tiers.insert", [restorable], (backend, events) => backend.tiers.insert(events)),
  command("tiers.segments", [], async (backend) =>
    (await backend.tiers.segments("audit")).map(({ dataset, rows }) => ({ dataset, rows })),
  ),
  command("tiers.read", [nth], async (backend, n) => {
    const segment = await segmentAt(backend, n);
    return segment && collect(backend.tiers.read(segment));
  }),
  command("tiers.drop", [nth, fc.constantFrom(0, 0, 0, 1)], drop),
  command("tiers.compress", [nth], compress),
  command("tiers.lease", [leaseName, fc.constantFrom(1000, 60_000, 999)], lease),
  command("tiers.lease.renew", [leaseName], (backend, name) => leasesOf(backend).get(name)?.renew() ?? none()),
  command("tiers.lease.release", [leaseName], (backend, name) => leasesOf(backend).get(name)?.release() ?? none()),
  command("tiers.recordRun", [run], (backend, one) => backend.tiers.recordRun(one)),
  command("tiers.foreignRetention", [], (backend) => backend.tiers.foreignRetention()),
  command("tiers.runs", [maybe(fc.integer({ min: 0, max: 4 }))], (backend, limit) => backend.tiers.runs({ limit })),
];

async function none(): Promise<undefined> {
  return undefined;
}
