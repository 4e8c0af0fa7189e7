import { StorageError } from "@agent-assembly/storage-core";
import { type ArchiveRecord, countText } from "@agent-assembly/storage-core/backend";
import type { Archive } from "../archive/archive.js";
import { manifestDigest } from "../archive/manifest/manifest.js";
import { remainderOf } from "../plan/unfinished-archives.js";
import { discardAttempt, type ItemContext } from "./archive-item.js";
import { dropRows } from "./drop-rows.js";

/**
 * Ends what an earlier run left half done: attempts that were not verified are removed from the destination; what was
 * verified is verified again and then removed from the store. Rows stay that a hold covers which was placed since: the run
 * after its release removes them. In a store that was restored since, all rows stay.
 * @returns how many rows were removed from the store
 * @throws `retention_failed` naming the file when an archived file is not as it was written; nothing is dropped then
 */
export async function finishArchive(record: ArchiveRecord, archive: Archive, context: ItemContext): Promise<number> {
  const { storage, signal, onProgress } = context;
  const { partitions, retentionSupport } = storage;
  if (record.state === "writing") {
    await discardAttempt(archive, record, retentionSupport);
    onProgress({ kind: "recovered", archive: record, how: "discarded" });
    return 0;
  }
  const { rows, held, slice, partition } = await remainderOf(partitions, record, await storage.holds.list());
  const told = (how: "resumed" | "kept" | "held"): void => onProgress({ kind: "recovered", archive: record, how });
  if (rows === undefined) {
    // The files stay, and the rows too: a later archive takes them once more, and reading archives shows each event once.
    await retentionSupport.recordArchive({ ...record, state: "dropped" }, { from: "verified" });
    told("kept");
    return 0;
  }
  if (rows > 0) {
    await verifyAgain(archive, record, signal);
    const held = { id: record.archiveId, manifest: await publishedDigest(archive, record) };
    await dropRows(partitions, { partition, rows, ...slice }, context, held);
  }
  if (held > 0) {
    told("held");
    return rows;
  }
  await retentionSupport.recordArchive({ ...record, state: "dropped" }, { from: "verified" });
  told("resumed");
  return rows;
}

async function publishedDigest(archive: Archive, { archiveId, from, to }: ArchiveRecord): Promise<string> {
  for await (const manifest of archive.manifests({ from, to })) {
    if (manifest.archiveId === archiveId) return manifestDigest(manifest);
  }
  throw new StorageError({
    code: "retention_failed",
    location: { kind: "archive", place: archive.url },
    message: `the manifest of ${archiveId} is gone; the rows stay in the store`,
    remedy: "Restore it from a copy.",
  });
}

async function verifyAgain(archive: Archive, record: ArchiveRecord, signal: AbortSignal): Promise<void> {
  const { archiveId, from, to } = record;
  let rows = 0;
  for await (const file of archive.verify({ archiveId, from, to, signal })) {
    if (file.status !== "ok") {
      throw new StorageError({
        code: "retention_failed",
        location: { kind: `${file.status} file`, place: `${archive.url}/${file.path}` },
        message: `${file.reason ?? "no reason given"}; its rows stay in the store`,
        remedy: "Restore the file from a copy.",
      });
    }
    rows += file.rows;
  }
  if (rows !== record.rows) {
    throw new StorageError({
      code: "retention_failed",
      location: { kind: "archive", place: archive.url },
      message: `it holds ${countText(rows, "row")} of ${archiveId}, and ${record.rows} were recorded; the rows stay in the store`,
    });
  }
}
