import {
  type AuditEvent,
  isStorageError,
  type Partition,
  type RetentionRun,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import { type Lease, RUN_OUTCOMES } from "@agent-assembly/storage-core/backend";
import fc from "fast-check";
import { collect } from "../support/assert.js";
import { NOW } from "../support/fixtures.js";
import { command } from "./command.js";
import { maybe, newEvent, time } from "./values.js";

const restored: fc.Arbitrary<AuditEvent> = fc
  .tuple(newEvent, fc.constantFrom(new Date(NOW), new Date(NOW - 60_000)))
  .map(([event, recordedAt]) => ({ dryRun: false, ...event, recordedAt }) as AuditEvent);
const unrestorable = fc.constantFrom<unknown[]>(null, 7, {}, { ts: new Date(Number.NaN) });
const restorable = fc.array(
  fc.oneof({ weight: 40, arbitrary: restored }, { weight: 1, arbitrary: unrestorable as fc.Arbitrary<AuditEvent> }),
  { minLength: 1, maxLength: 6 },
);

// Drawn events lie so that each backend's partitions are the same sets of events, whatever their borders.
export const nth = fc.integer({ min: 0, max: 2 });

export async function partitionAt(backend: StorageBackend, n: number): Promise<Partition | undefined> {
  return (await backend.partitions.list("audit"))[n];
}

/** Drops a partition; `surplus` is what the expectation is wrong by. */
async function drop(backend: StorageBackend, n: number, surplus: number): Promise<unknown> {
  const partition = await partitionAt(backend, n);
  return partition && backend.partitions.drop(partition, { expect: { rows: partition.rows + surplus } });
}

/** Whether a store compresses is its own affair: nothing that is asked for later may tell. */
async function compress(backend: StorageBackend, n: number): Promise<undefined> {
  const partition = await partitionAt(backend, n);
  if (partition === undefined) return undefined;
  try {
    await backend.partitions.compress(partition);
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
  const got = await backend.retentionSupport.lease(name, ttlMs);
  if (got !== undefined) leasesOf(backend).set(name, got);
  return got?.expiresAt;
}

/** Runs that may end before they began, or run on after their end. */
const run = fc.record(
  {
    runId: fc.constantFrom("a", "B", "\uffff", "😀", ""),
    // Few instants, so that outcomes meet the runs they belong to.
    startedAt: fc.constantFrom(new Date(NOW), new Date(NOW - 60_000)),
    finishedAt: time,
    scheduledFor: time,
    outcome: fc.constantFrom(...RUN_OUTCOMES),
    rows: fc.nat(9),
    bytes: fc.nat(9),
    detail: fc.constantFrom("", "partition 'x'"),
  },
  { requiredKeys: ["runId", "startedAt", "outcome", "rows", "bytes", "detail"] },
) as fc.Arbitrary<RetentionRun>;

/** Calls of the tier store. Ids, borders and sizes of partitions are a backend's own. */
export const partitionCommands = [
  command("partitions.restore", [restorable], (backend, events) => backend.partitions.restore(events)),
  command("partitions.list", [], async (backend) =>
    (await backend.partitions.list("audit")).map(({ dataset, rows }) => ({ dataset, rows })),
  ),
  command("partitions.read", [nth], async (backend, n) => {
    const partition = await partitionAt(backend, n);
    return partition && collect(backend.partitions.read(partition));
  }),
  command("partitions.drop", [nth, fc.constantFrom(0, 0, 0, 1)], drop),
  command("partitions.compress", [nth], compress),
  command("retentionSupport.lease", [leaseName, fc.constantFrom(1000, 60_000, 999)], lease),
  command("retention.lease.renew", [leaseName], (backend, name) => leasesOf(backend).get(name)?.renew() ?? none()),
  command("retention.lease.release", [leaseName], (backend, name) => leasesOf(backend).get(name)?.release() ?? none()),
  command("retentionSupport.recordRun", [run], (backend, one) => backend.retentionSupport.recordRun(one)),
  command("retentionSupport.conflictingPolicies", [], (backend) => backend.retentionSupport.conflictingPolicies()),
  command("retentionSupport.runs", [maybe(fc.integer({ min: 0, max: 4 }))], (backend, limit) =>
    backend.retentionSupport.runs({ limit }),
  ),
];

async function none(): Promise<undefined> {
  return undefined;
}
