import type { Archive, ArchiveRange } from "@agent-assembly/retention";
import { retentionSettings } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import { parseArchiveUrl } from "../../args/values.js";
import type { Context } from "../../context.js";
import { UsageError } from "../../exit.js";
import { inSettings } from "../../explain-error.js";
import { openArchiveAt } from "../retention/open-archive.js";

export interface ArchiveOptions {
  readonly archiveUrl?: string;
}

/** Opens the archive of the options or of the configuration for reading; no database is needed for that. */
export async function withArchive<T>(
  context: Context,
  options: ArchiveOptions,
  use: (archive: Archive) => Promise<T>,
): Promise<T> {
  const url = options.archiveUrl === undefined ? undefined : parseArchiveUrl("--archive-url", options.archiveUrl);
  const loaded = await context.loadConfig(url === undefined ? {} : { archiveUrl: url });
  const { policy, s3 } = retentionSettings(loaded.config);
  if (policy.archiveUrl === undefined) {
    throw new UsageError(
      "no archive is configured; name one with --archive-url, or set storage.retention.archive_url or AAASM_RETENTION_ARCHIVE_URL, to a file:// or s3:// URL",
    );
  }
  try {
    await using archive = await openArchiveAt(policy.archiveUrl, { access: "read", s3 });
    return await use(archive);
  } catch (error) {
    throw inSettings(error, loaded);
  }
}

/** Rows and bytes of what matches. @throws `not_found` when an id was asked for and is not there */
export async function measureArchive(
  archive: Archive,
  { archiveId, ...range }: ArchiveRange & { readonly archiveId?: string | undefined },
): Promise<{ readonly rows: number; readonly bytes: number; readonly from?: Date; readonly to?: Date }> {
  let [rows, bytes] = [0, 0];
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let found = false;
  for await (const manifest of archive.manifests(range)) {
    if (archiveId !== undefined && manifest.archiveId !== archiveId) continue;
    found = true;
    rows += manifest.rows;
    bytes += manifest.bytes;
    if (manifest.minTs === null || manifest.maxTs === null) continue;
    from = Math.min(from, manifest.minTs.getTime());
    to = Math.max(to, manifest.maxTs.getTime() + 1);
  }
  if (archiveId !== undefined && !found) throw unknownArchive(archive, archiveId);
  return { rows, bytes, ...(to > from && { from: new Date(from), to: new Date(to) }) };
}

export function unknownArchive({ url }: Archive, archiveId: string): StorageError {
  return new StorageError({
    code: "not_found",
    location: { kind: "archive", place: url },
    message: `it has no archive ${JSON.stringify(archiveId)} in that range`,
    remedy: "Run aasm archive list to see its archives.",
    operation: "archive.manifests",
    backend: "archive",
  });
}
