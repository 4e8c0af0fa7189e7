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
export type { AgentChangeOptions, AgentFilter, AgentRegistry, ExpectedRevision } from "./agents/store.js";
export {
  API_TOKEN_SCOPES,
  type ApiToken,
  type ApiTokenInForce,
  type ApiTokenLimits,
  type ApiTokenRevocation,
  type ApiTokenScope,
  type CreatedApiToken,
  type NewApiToken,
  type RevokedApiToken,
} from "./api-tokens/record.js";
export type { ApiTokenStore } from "./api-tokens/store.js";
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
  ExplainedSpan,
  OneOrMany,
  Rejection,
  RejectionCode,
  SummaryDimension,
  SummaryExplanation,
  SummaryRequest,
  SummaryRow,
  SummaryRowFor,
  TailItem,
  TailOptions,
} from "./audit/store.js";
export type { StorageBackend, StorageHealth } from "./backend.js";
export type { OpenOptions } from "./backend-module.js";
export type { BackupAdmin, BackupOptions, BackupProgress, BackupReport, RestoreOptions } from "./backup.js";
export { CAPABILITY_NAMES, type Capabilities, type Capability, type CapabilityName } from "./capabilities.js";
export type { ScrubReport } from "./erasure/driver.js";
export type {
  ArchiveErasurePlan,
  ArchiveErasureReport,
  ErasableArchive,
  ErasureEvidence,
} from "./erasure/hooks.js";
export type { ErasurePlan, PlannedArchive } from "./erasure/plan.js";
export type { ErasureRecord, ErasureResult, ErasureState } from "./erasure/record.js";
export type { ErasureRefusal } from "./erasure/refusal.js";
export type { EraseOptions, ErasureProgress, ErasureRequest, PlanErasureOptions } from "./erasure/request.js";
export type { ErasureStore } from "./erasure/store.js";
export {
  type ErrorLocation,
  isStorageError,
  STORAGE_ERROR_CODES,
  StorageError,
  type StorageErrorCode,
  type StorageErrorInit,
  type StorageErrorJson,
} from "./errors.js";
export {
  type ChangeContext,
  GOVERNANCE_AGENT,
  GOVERNANCE_CHANGES,
  type GovernanceChange,
  type GovernanceRecord,
} from "./governance/change.js";
export type { HoldInForce, HoldRelease, HoldScope, LegalHold, NewLegalHold, ReleasedHold } from "./holds/record.js";
export type { HoldStore } from "./holds/store.js";
export {
  ANOMALY_METHODS,
  type AnomalyMethod,
  type AnomalyPoint,
  type AnomalyQuery,
  type AnomalySeries,
} from "./metrics/anomaly.js";
export type {
  MetricInfo,
  MetricLabelValues,
  MetricLabelValuesRequest,
  MetricTop,
  MetricTopRequest,
} from "./metrics/catalog.js";
export type { MetricDefinition, MetricKind } from "./metrics/definition.js";
export type { MetricDimension } from "./metrics/dimension.js";
export { EVENT_METRICS } from "./metrics/event-metrics.js";
export {
  MAX_METRIC_POINTS,
  METRIC_AGGREGATES,
  type MetricAggregate,
  type MetricFill,
  type MetricPoint,
  type MetricQuery,
  type MetricSeries,
} from "./metrics/query.js";
export type { MetricSample, RecordResult } from "./metrics/sample.js";
export type { MetricStore } from "./metrics/store.js";
export { type MetricWindow, WINDOW_FUNCTIONS, type WindowFunction } from "./metrics/window.js";
export { DATASETS } from "./partitions/parse.js";
export type {
  Dataset,
  Partition,
  PartitionDropOptions,
  PartitionMeasure,
  PartitionReadOptions,
  PartitionSlice,
} from "./partitions/partition.js";
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
export type { RetentionRun } from "./retention/run.js";
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
