import { type AuditEvent, type AuditFilter, StorageError } from "@agent-assembly/storage-core";
import {
  AUDIT_ORDERS,
  type AuditEventRow,
  checkKeys,
  checkObject,
  invalidArgument,
  parseAuditFilter,
  parseChoice,
  parseDate,
  parseInteger,
  parseText,
} from "@agent-assembly/storage-core/backend";
import type {
  Archive,
  ArchivedEventsOptions,
  ArchivedLeaves,
  ArchivedEvent,
  ArchiveEntry,
  ArchiveRange,
  CheckedEventsOptions,
  FileReport,
  LogName,
  ReviseOptions,
  Revision,
  RevisionPlan,
  VerifyOptions,
  WriteOptions,
} from "./archive.js";
import type { Destination } from "./destinations/destination.js";
import { withOperation } from "./errors.js";
import { belongsTo, EVIDENCE_FILES, evidencePath, foldersOf, manifestPath, parseArchiveId } from "./manifest/layout.js";
import { type ArchiveManifest, manifestText } from "./manifest/manifest.js";
import { ManifestReader } from "./manifest/manifest-reader.js";
import { parseManifest } from "./manifest/parse-manifest.js";
import { findText, writeText } from "./parquet/whole-file.js";
import { archivedEvents } from "./read/archived-events.js";
import { checkedRecords } from "./read/checked-events.js";
import { archivedLeaves } from "./read/archived-leaves.js";
import { verifyFiles } from "./read/verify.js";
import { type FileSizes, PartitionWriter } from "./write/partition-writer.js";
import { FileReviser } from "./write/revise-files.js";

/** An archive at any destination. */
export class DestinationArchive implements Archive {
  readonly url: string;
  readonly #manifests: ManifestReader;
  #closed = false;

  constructor(
    private readonly destination: Destination,
    private readonly isReadOnly = false,
    private readonly sizes: FileSizes = {},
  ) {
    this.url = destination.url;
    this.#manifests = new ManifestReader(destination);
  }

  async write(
    entry: ArchiveEntry,
    rows: AsyncIterable<readonly AuditEventRow[]>,
    options: WriteOptions = {},
  ): Promise<ArchiveManifest> {
    return withOperation("archive.write", async () => {
      this.#checkWritable();
      checkEntry(entry);
      checkObject("options", options);
      checkKeys("options", options, ["signal", "onProgress"]);
      const { archiveId, partition } = entry;
      if ((await findText(this.destination, manifestPath(archiveId, partition.from))) !== undefined) {
        throw conflict(`the archive ${archiveId} has already been published`, "Use another archive id.");
      }
      await this.#removeFiles(archiveId, partition.from, partition.to);
      return new PartitionWriter(this.destination, entry, options, this.sizes).write(rows);
    });
  }

  async publish(manifest: ArchiveManifest): Promise<void> {
    await withOperation("archive.publish", async () => {
      this.#checkWritable();
      const path = manifestPath(manifest.archiveId, manifest.partition.from);
      const text = manifestText(manifest);
      // What could not be read again must not be published.
      parseManifest(text, `${this.url}/${path}`);
      const published = await findText(this.destination, path);
      if (published === text) return;
      if (published !== undefined) throw conflict(`another manifest has been published as ${manifest.archiveId}`);
      await writeText(this.destination, path, text);
    });
  }

  async discard(entry: { readonly archiveId: string; readonly from: Date; readonly to: Date }): Promise<void> {
    await withOperation("archive.discard", async () => {
      this.#checkWritable();
      checkObject("entry", entry);
      checkKeys("entry", entry, ["archiveId", "from", "to"]);
      parseArchiveId("entry.archiveId", entry.archiveId);
      checkRange("entry", entry);
      // First what makes the files part of the archive: an interruption must not leave a manifest without its files.
      await this.destination.remove(manifestPath(entry.archiveId, entry.from));
      await this.#removeFiles(entry.archiveId, entry.from, entry.to);
    });
  }

  async planRevision(manifest: ArchiveManifest, options: ReviseOptions): Promise<RevisionPlan> {
    return withOperation("archive.planRevision", async () => {
      this.#checkOpen();
      const { files, ...plan } = await this.#reviser(manifest, options).survey();
      const remains: string[] = [];
      for (const path of files) {
        const lock = await this.destination.lockOf(path);
        if (lock !== undefined) remains.push(`${this.url}/${path}: ${lock}`);
      }
      return { ...plan, files: files.length, remains };
    });
  }

  async revise(manifest: ArchiveManifest, options: ReviseOptions): Promise<Revision> {
    return withOperation("archive.revise", async () => {
      this.#checkWritable();
      const { archiveId, partition } = manifest;
      const path = manifestPath(archiveId, partition.from);
      if ((await findText(this.destination, path)) !== manifestText(manifest)) {
        throw conflict(`another manifest has been published as ${archiveId}`, "Read it, and try again.");
      }
      // Those that a revision left which was cut off.
      const left = await this.#eraseOthers(manifest);
      const reviser = this.#reviser(manifest, options);
      const revised = await reviser.write();
      if (revised.replaced.length === 0) return { manifest, rows: 0, files: 0, remains: left };
      const text = manifestText(revised.manifest);
      try {
        parseManifest(text, `${this.url}/${path}`);
      } catch (error) {
        await reviser.discard();
        throw error;
      }
      // From here on the new files are those of the archive, whatever becomes of this process.
      await writeText(this.destination, path, text);
      const remains = [...new Set([...left, ...(await this.#eraseOthers(revised.manifest))])];
      return { manifest: revised.manifest, rows: revised.rows, files: revised.replaced.length, remains };
    });
  }

  #reviser(manifest: ArchiveManifest, options: ReviseOptions): FileReviser {
    checkObject("options", options);
    checkKeys("options", options, ["filter", "change", "reason", "signal"]);
    parseText("options.reason", options.reason);
    return new FileReviser(this.destination, manifest, parseAuditFilter(options.filter), options, this.sizes);
  }

  /** Removes the files of an archive that its manifest does not name. @returns what remains of them */
  async #eraseOthers({ archiveId, partition, files }: ArchiveManifest): Promise<string[]> {
    const named = new Set(files.map(({ path }) => path));
    const remains: string[] = [];
    for (const folder of foldersOf(partition.from, partition.to)) {
      for (const path of await this.destination.list(folder)) {
        if (!belongsTo(path, archiveId) || named.has(path)) continue;
        const what = await this.destination.erase(path);
        if (what !== undefined) remains.push(`${this.url}/${path}: ${what}`);
      }
    }
    return remains;
  }

  manifests(range: ArchiveRange = {}): AsyncIterable<ArchiveManifest> {
    this.#checkOpen();
    checkObject("range", range);
    checkKeys("range", range, ["from", "to"]);
    checkRange("range", range);
    return this.#manifests.all(range);
  }

  verify(options: VerifyOptions = {}): AsyncIterable<FileReport> {
    this.#checkOpen();
    checkObject("options", options);
    checkKeys("options", options, ["from", "to", "archiveId", "signal", "onProgress"]);
    checkRange("options", options);
    return verifyFiles(this.destination, this.#manifests, options);
  }

  events(filter?: AuditFilter, options: ArchivedEventsOptions = {}): AsyncIterable<AuditEvent> {
    this.#checkOpen();
    const wanted = parseAuditFilter(filter);
    checkObject("options", options);
    checkKeys("options", options, ["order", "signal"]);
    const order = options.order === undefined ? "oldest" : parseChoice("options.order", options.order, AUDIT_ORDERS);
    return archivedEvents(this.destination, this.#manifests, { filter: wanted, order, signal: options.signal });
  }

  checkedEvents(options: CheckedEventsOptions = {}): AsyncIterable<AuditEvent> {
    return eventsOf(this.checkedRecords(options));
  }

  checkedRecords(options: CheckedEventsOptions = {}): AsyncIterable<ArchivedEvent> {
    this.#checkOpen();
    checkObject("options", options);
    checkKeys("options", options, ["filter", "archiveId", "signal"]);
    const filter = parseAuditFilter(options.filter);
    const { archiveId, signal } = options;
    if (archiveId !== undefined) parseArchiveId("options.archiveId", archiveId);
    const range = { from: options.filter?.from, to: options.filter?.to };
    return checkedRecords(this.destination, this.#manifests, filter, { ...range, archiveId, signal });
  }

  async leaves(log: LogName, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ArchivedLeaves> {
    return withOperation("archive.leaves", async () => {
      this.#checkOpen();
      checkObject("log", log);
      parseInteger("log.log", log.log, 1, Number.MAX_SAFE_INTEGER);
      parseText("log.origin", log.origin);
      checkObject("options", options);
      checkKeys("options", options, ["signal"]);
      return archivedLeaves(this.destination, this.#manifests, log, options.signal);
    });
  }

  async digestOf(
    archiveId: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<string | undefined> {
    return withOperation("archive.digestOf", async () => {
      this.#checkOpen();
      return this.#manifests.digestOf(parseArchiveId("archiveId", archiveId), options.signal);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.destination.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #removeFiles(archiveId: string, from: Date, to: Date): Promise<void> {
    for (const folder of foldersOf(from, to)) {
      for (const path of await this.destination.list(folder)) {
        if (belongsTo(path, archiveId)) await this.destination.remove(path);
      }
    }
    for (const name of EVIDENCE_FILES) await this.destination.remove(evidencePath(archiveId, name));
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (this.isReadOnly) {
      throw new StorageError({
        code: "invalid_argument",
        option: "options.access",
        message: 'the archive was opened with the access "read"',
        remedy: "Open it for writing.",
      });
    }
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new StorageError({ code: "closed", message: "the archive is closed", remedy: "Open it again." });
  }
}

async function* eventsOf(records: AsyncIterable<ArchivedEvent>): AsyncGenerator<AuditEvent> {
  for await (const { event } of records) yield event;
}

function checkEntry(entry: ArchiveEntry): void {
  checkObject("entry", entry);
  checkKeys("entry", entry, ["archiveId", "partition", "reason", "evidence"]);
  parseArchiveId("entry.archiveId", entry.archiveId);
  checkObject("entry.partition", entry.partition);
  parseText("entry.partition.id", entry.partition.id);
  checkRange("entry.partition", entry.partition);
  if (entry.reason !== undefined) parseText("entry.reason", entry.reason);
}

function checkRange(what: string, { from, to }: ArchiveRange): void {
  if (from !== undefined) parseDate(`${what}.from`, from);
  if (to !== undefined) parseDate(`${what}.to`, to);
  if (from !== undefined && to !== undefined && from >= to)
    throw invalidArgument(`${what}.from`, `must be before ${what}.to`);
}

function conflict(message: string, remedy?: string): StorageError {
  return new StorageError({ code: "conflict", message, remedy });
}
