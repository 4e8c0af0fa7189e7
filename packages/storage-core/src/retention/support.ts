import type { ArchiveCatalog } from "./archive.js";
import type { ConflictingRetentionPolicy } from "./conflicting-policy.js";
import type { Lease } from "./lease.js";
import type { RetentionHistory } from "./run.js";

/** What `@agent-assembly/retention` keeps in a store: who is working, what was done and what is archived. */
export interface RetentionSupport extends RetentionHistory, ArchiveCatalog {
  /** @returns `undefined` when another owner holds it. @param ttlMs 1,000 to 86,400,000 */
  lease(name: string, ttlMs: number): Promise<Lease | undefined>;
  /** Other mechanisms that remove rows from our tables; empty when there are none. */
  conflictingPolicies(): Promise<ConflictingRetentionPolicy[]>;
}

/** What a backend brings for {@link RetentionSupport}: the records that retention depends on. */
export interface RetentionSupportParts {
  readonly leases: { acquire(name: string, ttlMs: number): Promise<Lease | undefined> };
  readonly runs: RetentionHistory;
  readonly archives: ArchiveCatalog;
  /** Default: none. */
  readonly conflictingPolicies?: () => Promise<ConflictingRetentionPolicy[]>;
}

/** Joins the parts of a backend to its role. */
export function retentionSupport({
  leases,
  runs,
  archives,
  conflictingPolicies = async () => [],
}: RetentionSupportParts): RetentionSupport {
  return {
    lease: (name, ttlMs) => leases.acquire(name, ttlMs),
    recordRun: (run) => runs.recordRun(run),
    runs: (options) => runs.runs(options),
    recordArchive: (record, options) => archives.recordArchive(record, options),
    forgetArchive: (archiveId) => archives.forgetArchive(archiveId),
    archives: (options) => archives.archives(options),
    conflictingPolicies,
  };
}
