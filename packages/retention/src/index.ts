export type {
  Archive,
  ArchivedEvent,
  ArchivedEventsOptions,
  ArchivedLeaves,
  ArchivedPartition,
  ArchiveEntry,
  ArchiveProgress,
  ArchiveRange,
  CheckedEventsOptions,
  EvidenceToArchive,
  FileReport,
  LogName,
  ReviseOptions,
  Revision,
  RevisionPlan,
  VerifyOptions,
  WriteOptions,
} from "./archive/archive.js";
export type { S3Credentials, S3Options } from "./archive/destinations/s3/options.js";
export type {
  ArchivedColumn,
  ArchivedEvidence,
  ArchivedFile,
  ArchiveManifest,
  EvidenceFile,
  ManifestRevision,
} from "./archive/manifest/manifest.js";
export { type OpenArchiveOptions, openArchive } from "./archive/open-archive.js";
export { type WriteParquetOptions, writeParquet } from "./archive/parquet/write-parquet.js";
export {
  type RestoreAnnouncer,
  type RestoreOptions,
  type RestoreResult,
  type RestoreTarget,
  type RestoreToAnnounce,
  restoreArchive,
} from "./archive/read/restore-archive.js";
export { type ErasableArchivesOptions, erasableArchives } from "./erase/erasable-archives.js";
export type { ArchivedErasureSteps, ArchiveErasureEvidence, ErasingArchivedEvent } from "./erase/evidence.js";
export { type PlanOptions, planRetention } from "./plan/make-plan.js";
export type { KeptRows, PlanAction, PlanItem, RetentionPlan } from "./plan/plan.js";
export type {
  AuditPolicy,
  ColdAction,
  DatasetPolicy,
  ResolvedDatasetPolicy,
  ResolvedPolicy,
  ResolvedRule,
  RetentionPolicy,
  RetentionRule,
} from "./policy/policy.js";
export type { OpenArchive } from "./run/archives.js";
export type { DropAnnouncer, DropArchive, DropToAnnounce, RowsToArchive } from "./run/drop-statements.js";
export type { ArchiveStep, OnProgress, RunProgress } from "./run/progress.js";
export type { RunFailure, RunReport } from "./run/report.js";
export { applyRetention, type RunOptions, runPlan } from "./run/run-retention.js";
export { CronLine } from "./schedule/cron.js";
export type { ScheduleEvent } from "./schedule/events.js";
export {
  type RetentionSchedule,
  type ScheduleOptions,
  type ScheduleSettings,
  scheduleRetention,
} from "./schedule/schedule.js";
