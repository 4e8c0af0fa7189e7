export type {
  Archive,
  ArchivedEventsOptions,
  ArchivedSegment,
  ArchiveEntry,
  ArchiveProgress,
  ArchiveRange,
  CheckedEventsOptions,
  FileReport,
  VerifyOptions,
  WriteOptions,
} from "./archive/archive.js";
export type { ArchivedColumn, ArchivedFile, ArchiveManifest } from "./archive/manifest.js";
export { type OpenArchiveOptions, openArchive } from "./archive/open-archive.js";
export {
  type RestoreOptions,
  type RestoreResult,
  type RestoreSink,
  restoreArchive,
} from "./archive/restore-archive.js";
export type { S3Credentials, S3Options } from "./archive/s3-options.js";
