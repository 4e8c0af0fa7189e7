import { createHash } from "node:crypto";
/** What a manifest says it is. */
export const MANIFEST_FORMAT = "agent-assembly.archive";
/** The newest version; newer ones are refused, see docs/archive-format.md. Of archives without evidence it is 1. */
export const MANIFEST_VERSION = 2;

/** One column of an archived file, with its Parquet type. */
export interface ArchivedColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** One Parquet file of a partition: events of one UTC day. */
export interface ArchivedFile {
  /** Below the archive's URL. */
  readonly path: string;
  /** UTC, `YYYY-MM-DD`. */
  readonly date: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
  /** What stands behind the last row group. Its digest lets a reader trust what it decodes without reading the whole. */
  readonly footer: { readonly bytes: number; readonly sha256: string };
  /** `ts` of the first and of the last event. */
  readonly minTs: Date;
  readonly maxTs: Date;
}

/** A change of files that were published, such as an erasure. */
export interface ManifestRevision {
  readonly at: Date;
  /** Why. Holds nothing of the events. */
  readonly reason: string;
  /** SHA-256, lower-case hex, of the manifest file that this revision took the place of. */
  readonly previous: string;
}

/** A file of evidence, in JSON lines; see docs/evidence-format.md. */
export interface EvidenceFile {
  /** Below the archive's URL. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Where the evidence of archived events is. */
export interface ArchivedEvidence {
  /** Number of the log in its store. */
  readonly log: number;
  /** Name of the log. */
  readonly origin: string;
  /** The least and the greatest leaf of the events; null where none of them is sealed. */
  readonly first: number | null;
  readonly last: number | null;
  /** The tiles and the seeds of the leaves in the column `leaf_index`. */
  readonly files: readonly EvidenceFile[];
}

/** What was archived of one partition. Its presence in the archive is what makes the files part of it. */
export interface ArchiveManifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** 2 with `evidence`. */
  readonly formatVersion: 1 | 2;
  readonly writer: { readonly name: string; readonly version: string };
  readonly archiveId: string;
  readonly dataset: "audit";
  /** `from` inclusive, `to` exclusive. */
  readonly partition: { readonly id: string; readonly from: Date; readonly to: Date };
  readonly reason?: string;
  readonly createdAt: Date;
  readonly schema: readonly ArchivedColumn[];
  /** Sums over the files. */
  readonly rows: number;
  readonly bytes: number;
  /** `null` when there are no rows. */
  readonly minTs: Date | null;
  readonly maxTs: Date | null;
  /** SHA-256, lower-case hex, over the events in order, each as a line of canonical JSON. */
  readonly contentSha256: string;
  /** In order of their events. */
  readonly files: readonly ArchivedFile[];
  /** Of events of a store whose events are sealed. */
  readonly evidence?: ArchivedEvidence;
  /** Oldest first; absent where the files are as they were archived. */
  readonly revisions?: readonly ManifestRevision[];
}

/** The text of a manifest file; the same manifest always gives the same text. */
export function manifestText(manifest: ArchiveManifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** SHA-256 of the manifest file, Base64. */
export function manifestDigest(manifest: ArchiveManifest): string {
  return createHash("sha256").update(manifestText(manifest)).digest("base64");
}
