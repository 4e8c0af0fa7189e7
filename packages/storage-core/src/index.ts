export {
  type AgentChanges,
  type AgentIdentity,
  type AgentRecord,
  type AgentStatus,
  ENFORCEMENT_MODES,
  type EnforcementMode,
  type EnforcementWindow,
  type NewAgent,
} from "./agents/record.js";
export type { AgentFilter, AgentRegistry, ExpectedRevision } from "./agents/store.js";
export {
  AUDIT_ACTIONS,
  AUDIT_DECISIONS,
  type AuditAction,
  type AuditDecision,
  type AuditEvent,
  type NewAuditEvent,
} from "./audit/event.js";
export { DEFAULT_AUDIT_LIMITS } from "./audit/limits.js";
export type {
  AppendResult,
  AuditFilter,
  AuditLimits,
  AuditOrder,
  AuditPageRequest,
  AuditStore,
  AuditStreamOptions,
  AuditTimeLimits,
  OneOrMany,
  Rejection,
  RejectionCode,
  SummaryDimension,
  SummaryRequest,
  SummaryRow,
  SummaryRowFor,
  TailItem,
  TailOptions,
} from "./audit/store.js";
export type { StorageBackend, StorageHealth } from "./backend.js";
export type { OpenOptions } from "./backend-module.js";
export { CAPABILITY_NAMES, type Capabilities, type Capability, type CapabilityName } from "./capabilities.js";
export {
  type ErrorLocation,
  isStorageError,
  STORAGE_ERROR_CODES,
  StorageError,
  type StorageErrorCode,
  type StorageErrorInit,
  type StorageErrorJson,
} from "./errors.js";
export type { HoldInForce, HoldRelease, HoldScope, LegalHold, NewLegalHold, ReleasedHold } from "./holds/record.js";
export type { HoldStore } from "./holds/store.js";
export {
  MAX_METRIC_POINTS,
  METRIC_AGGREGATES,
  type MetricAggregate,
  type MetricDimension,
  type MetricFill,
  type MetricPoint,
  type MetricQuery,
  type MetricRejection,
  type MetricSample,
  type MetricSeries,
  type MetricStore,
  type RecordResult,
} from "./metrics/store.js";
export { DATASETS } from "./partitions/parse.js";
export type {
  Dataset,
  Partition,
  PartitionDropOptions,
  PartitionMeasure,
  PartitionReadOptions,
  PartitionSlice,
} from "./partitions/partition.js";
export { MAX_SELECTION_FILTERS, type Selection } from "./partitions/selection.js";
export type { PartitionStore } from "./partitions/store.js";
export type {
  PolicyActivation,
  PolicyDocument,
  PolicyFormat,
  PolicySummary,
  PolicyVersion,
  PolicyVersionInfo,
} from "./policies/record.js";
export type { ActivatePolicyOptions, PolicyStore, SavePolicyOptions } from "./policies/store.js";
export { ARCHIVE_STATES, type ArchiveCatalog, type ArchiveRecord, type ArchiveState } from "./retention/archive.js";
export type { ConflictingRetentionPolicy } from "./retention/conflicting-policy.js";
export type { Lease } from "./retention/lease.js";
export {
  type FinishedRun,
  type RetentionHistory,
  type RetentionRun,
  RUN_OUTCOMES,
  type RunningRun,
} from "./retention/run.js";
export type { RetentionSupport } from "./retention/support.js";
export type {
  MigrateMode,
  MigrateOptions,
  MigrationReport,
  MigrationStatus,
  MigrationStepReport,
  SchemaAdmin,
  SchemaDrift,
} from "./schema.js";
export { canonicalJson } from "./support/canonical-json.js";
export type { JsonObject, JsonScalar, JsonValue } from "./support/json.js";
export type { Cursor, Position } from "./support/opaque.js";
export { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, type Page, type PageRequest } from "./support/page.js";
export type { Bucket } from "./time/bucket.js";
export type { Clock } from "./time/clock.js";
