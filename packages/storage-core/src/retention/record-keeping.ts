import type { HoldRegister, HoldRelease, LegalHold, NewLegalHold } from "../holds/record.js";
import type { TierStore } from "../partitions/store.js";
import type { ArchiveCatalog, ArchiveRecord, ArchiveState } from "./archive.js";
import type { Lease } from "./lease.js";
import type { RetentionHistory, RetentionRun } from "./run.js";

/** What a tier store keeps besides rows: who works, what was done, what must stay, and what is archived. */
export interface TierRecords {
  readonly leases: { acquire(name: string, ttlMs: number): Promise<Lease | undefined> };
  readonly runs: RetentionHistory;
  readonly holds: HoldRegister;
  readonly archives: ArchiveCatalog;
}

/** The half of {@link TierStore} that is about records: each method is left to the part whose it is. */
export abstract class RecordKeepingTierStore
  implements RetentionHistory, HoldRegister, ArchiveCatalog, Pick<TierStore, "lease">
{
  readonly #records: TierRecords;

  constructor(records: TierRecords) {
    this.#records = records;
  }

  lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#records.leases.acquire(name, ttlMs);
  }

  recordRun(run: RetentionRun): Promise<void> {
    return this.#records.runs.recordRun(run);
  }

  runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    return this.#records.runs.runs(options);
  }

  placeHold(hold: NewLegalHold): Promise<LegalHold> {
    return this.#records.holds.placeHold(hold);
  }

  releaseHold(holdId: string, release: HoldRelease): Promise<LegalHold> {
    return this.#records.holds.releaseHold(holdId, release);
  }

  holds(options?: { readonly released?: boolean | undefined }): Promise<LegalHold[]> {
    return this.#records.holds.holds(options);
  }

  recordArchive(record: ArchiveRecord, options?: { readonly from?: ArchiveState | undefined }): Promise<void> {
    return this.#records.archives.recordArchive(record, options);
  }

  forgetArchive(archiveId: string): Promise<void> {
    return this.#records.archives.forgetArchive(archiveId);
  }

  archives(options?: { readonly state?: ArchiveState | undefined }): Promise<ArchiveRecord[]> {
    return this.#records.archives.archives(options);
  }
}
