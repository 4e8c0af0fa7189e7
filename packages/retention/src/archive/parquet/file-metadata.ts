import { StorageError } from "@agent-assembly/storage-core";
import type { FileMetaData, KeyValue } from "hyparquet";
import { MANIFEST_FORMAT, MANIFEST_VERSION } from "../manifest/manifest.js";
import type { PieceDigests } from "./row-group-bytes.js";

const FORMAT_KEY = "agent-assembly.format";
const VERSION_KEY = "agent-assembly.format-version";
const ARCHIVE_KEY = "agent-assembly.archive-id";
const DIGESTS_KEY = "agent-assembly.row-group-sha256";

/**
 * The key-value metadata that tell our files from other Parquet files.
 * @param archiveId `undefined` for a file that belongs to no archive
 * @param version of the format: 2 with leaves
 */
export function fileMetadata(
  archiveId: string | undefined,
  digests: readonly PieceDigests[],
  version: 1 | 2,
): KeyValue[] {
  return [
    { key: FORMAT_KEY, value: MANIFEST_FORMAT },
    { key: VERSION_KEY, value: String(version) },
    ...(archiveId === undefined ? [] : [{ key: ARCHIVE_KEY, value: archiveId }]),
    { key: DIGESTS_KEY, value: JSON.stringify(digests) },
  ];
}

/** Whether the end of a file is that of a Parquet file that is not ours. */
export function isForeignParquet(end: Uint8Array): boolean {
  const bytes = Buffer.from(end.buffer, end.byteOffset, end.byteLength);
  return bytes.subarray(-4).toString("latin1") === "PAR1" && !bytes.includes(FORMAT_KEY);
}

/**
 * @param place names the file in messages
 * @returns the digests of each row group
 * @throws `unsupported` for a file of newer software
 */
export function readFileMetadata(metadata: FileMetaData, place: string): readonly PieceDigests[] {
  const values = new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value]));
  const version = Number(values.get(VERSION_KEY));
  if (version > MANIFEST_VERSION) {
    throw new StorageError({
      code: "unsupported",
      location: { kind: "file", place },
      message: `it has format version ${version}, and this software supports up to version ${MANIFEST_VERSION}`,
      remedy: "Upgrade this software.",
    });
  }
  const digests: unknown = JSON.parse(values.get(DIGESTS_KEY) ?? "[]");
  if (!Array.isArray(digests) || !digests.every(Array.isArray)) throw new RangeError("its digests are no pairs");
  return digests as unknown as PieceDigests[];
}
