import type { ArchiveCatalog, ArchiveRecord, ArchiveState } from "../retention/archive.js";
import { retentionErrors } from "../retention/errors.js";
import {
  type ArchiveRow,
  checkArchiveId,
  checkArchivesOptions,
  isSameArchive,
  parseArchive,
  toArchiveRecord,
} from "../retention/parse-archive.js";
import { compareText } from "../support/text.js";

export class MemoryArchives implements ArchiveCatalog {
  readonly #archives = new Map<string, ArchiveRow>();

  async recordArchive(record: ArchiveRecord, options?: { readonly from?: ArchiveState | undefined }): Promise<void> {
    const { archive, from } = parseArchive(record, options);
    const recorded = this.#archives.get(archive.archiveId);
    if (from === undefined) {
      if (recorded !== undefined) throw retentionErrors.archiveTaken();
    } else {
      if (recorded?.state !== from) throw retentionErrors.archiveMoved(from, recorded?.state);
      if (!isSameArchive(recorded, archive)) throw retentionErrors.otherArchive();
    }
    this.#archives.set(archive.archiveId, archive);
  }

  async forgetArchive(archiveId: string): Promise<void> {
    const id = checkArchiveId("archiveId", archiveId);
    const recorded = this.#archives.get(id);
    if (recorded === undefined) return;
    if (recorded.state !== "writing") throw retentionErrors.archiveMoved("writing", recorded.state);
    this.#archives.delete(id);
  }

  async archives(options?: { readonly state?: ArchiveState | undefined }): Promise<ArchiveRecord[]> {
    const state = checkArchivesOptions(options);
    return [...this.#archives.values()]
      .filter((archive) => state === undefined || archive.state === state)
      .sort((a, b) => a.startedAt - b.startedAt || compareText(a.archiveId, b.archiveId))
      .map(toArchiveRecord);
  }
}
