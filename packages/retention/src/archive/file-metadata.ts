import { StorageError } from "@agent-assembly/storage-core";
import type { FileMetaData, KeyValue } from "hyparquet";
import { MANIFEST_FORMAT, MANIFEST_VERSION } from "./manifest.js";

const FORMAT_KEY = "agent-assembly.format";
const VERSION_KEY = "agent-assembly.format-version";
const ARCHIVE_KEY = "agent-assembly.archive-id";

/** The key-value metadata that tell our files from other Parquet files. */
export function fileMetadata(archiveId: string): KeyValue[] {
  return [
    { key: FORMAT_KEY, value: MANIFEST_FORMAT },
    { key: VERSION_KEY, value: String(MANIFEST_VERSION) },
    { key: ARCHIVE_KEY, value: archiveId },
  ];
}

/**
 * @param place names the file in messages
 * @throws `corrupt` for a Parquet file that is not ours; `unsupported` for one of newer software
 */
export function checkFileMetadata(metadata: FileMetaData, place: string): void {
  const values = new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value]));
  if (values.get(FORMAT_KEY) !== MANIFEST_FORMAT) {
    throw new StorageError({
      code: "corrupt",
      message: `${place} is a Parquet file, but not one of an archive: another program wrote it; restore the archived file from a copy`,
    });
  }
  const version = Number(values.get(VERSION_KEY));
  if (version > MANIFEST_VERSION) {
    throw new StorageError({
      code: "unsupported",
      message: `${place} has format version ${version}, and this software knows up to ${MANIFEST_VERSION}; upgrade it`,
    });
  }
}
