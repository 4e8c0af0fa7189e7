import type { AuditEvent } from "@agent-assembly/storage-core";
import type { EvidenceLog } from "@agent-assembly/storage-core/backend";
import type { Finding } from "../findings.js";
import type { DropRecords } from "../live/drop-records.js";

/** An archive of dropped events, as `openArchive` of `@agent-assembly/retention` opens one. */
export interface EvidenceArchive {
  readonly url: string;
  /** The archived events of a log, by their leaves. */
  leaves(
    log: { readonly log: number; readonly origin: string },
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<{ events(from: number, to: number): AsyncIterable<ArchivedLeaf> }>;
  /** SHA-256 of the manifest of an archive, Base64; `undefined` where it has none. */
  digestOf(archiveId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<string | undefined>;
  /** Checks the files of an archive. */
  verify(options: {
    readonly archiveId: string;
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterable<{
    readonly path: string;
    readonly status: "ok" | "missing" | "damaged";
    readonly reason?: string;
  }>;
}

interface ArchivedLeaf {
  readonly event: AuditEvent;
  readonly leaf: number | null;
}

/** Leaves that are read together: as many as a batch has. */
const WINDOW = 4096;

/** Events of archives by their leaves, some thousand at a time. */
export class ArchivedRows {
  #windows: { readonly number: number; readonly events: ReadonlyMap<number, AuditEvent> } | undefined;
  #readers: Promise<Awaited<ReturnType<EvidenceArchive["leaves"]>>[]> | undefined;

  constructor(
    private readonly archives: readonly EvidenceArchive[],
    private readonly log: Pick<EvidenceLog, "log" | "origin">,
  ) {}

  async event(leaf: number): Promise<AuditEvent | undefined> {
    if (this.archives.length === 0) return undefined;
    const number = Math.floor(leaf / WINDOW);
    if (this.#windows?.number !== number) this.#windows = { number, events: await this.#read(number * WINDOW) };
    return this.#windows.events.get(leaf);
  }

  async #read(from: number): Promise<ReadonlyMap<number, AuditEvent>> {
    const { log, origin } = this.log;
    this.#readers ??= Promise.all(this.archives.map((archive) => archive.leaves({ log, origin })));
    const events = new Map<number, AuditEvent>();
    for (const reader of await this.#readers) {
      for await (const { event, leaf } of reader.events(from, from + WINDOW)) if (leaf !== null) events.set(leaf, event);
    }
    return events;
  }
}

/** Checks the archives that drop statements name, as far as their events are not back in the store. */
export async function checkArchives(
  archives: readonly EvidenceArchive[],
  { archives: named, dropped }: DropRecords,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { leaf, archive: archiveId, manifest, runs } of named) {
    if (!runs.some(([first, count]) => hasOne(first, count, dropped))) continue;
    const digests = new Map<EvidenceArchive, string>();
    for (const archive of archives) {
      signal?.throwIfAborted();
      const digest = await archive.digestOf(archiveId, { signal });
      if (digest !== undefined) digests.set(archive, digest);
    }
    const [held] = [...digests].filter(([, digest]) => digest === manifest);
    if (held === undefined) {
      const isChanged = digests.size > 0;
      const urls = (isChanged ? [...digests.keys()] : archives).map(({ url }) => url).join(", ");
      findings.push({
        code: isChanged ? "archive_damaged" : "archive_missing",
        leaf,
        detail: isChanged
          ? `the manifest of the archive ${archiveId} at ${urls} is not the one that the statement names`
          : `the archive ${archiveId} that the statement names is not at ${urls}`,
      });
      continue;
    }
    const [archive] = held;
    for await (const { path, status, reason } of archive.verify({ archiveId, signal })) {
      if (status === "ok") continue;
      const code = status === "missing" ? "archive_missing" : "archive_damaged";
      findings.push({ code, leaf, detail: `${archive.url}/${path} is ${status}: ${reason ?? "no reason given"}` });
    }
  }
  return findings;
}

function hasOne(first: number, count: number, leaves: DropRecords["dropped"]): boolean {
  for (let leaf = first; leaf < first + count; leaf++) if (leaves.has(leaf)) return true;
  return false;
}
