export { type AgentTable, TableAgentRegistry } from "./agents/create-store.js";
export {
  agentCursor,
  matchesAgentFilter,
  type NormalizedAgentFilter,
  normalizeAgentFilter,
  normalizeAgentPage,
} from "./agents/filter.js";
export {
  type AgentPatch,
  agentErrors,
  checkExpectedRevision,
  enforcementModeAt,
  enforcementPatch,
  normalizeAgentChanges,
  normalizeNewAgent,
  patchAgent,
  type StoredAgent,
  toAgentRecord,
} from "./agents/parse.js";
export {
  type AgentChanges,
  type AgentIdentity,
  type AgentRecord,
  type AgentStatus,
  ENFORCEMENT_MODES,
  type EnforcementWindow,
  type NewAgent,
} from "./agents/record.js";
export type { AgentFilter, AgentRegistry, ExpectedRevision } from "./agents/store.js";
export { type AuditTable, eventsOf, TableAuditStore } from "./audit/create-store.js";
export { AUDIT_ACTIONS, AUDIT_DECISIONS, type AuditEvent, type NewAuditEvent } from "./audit/event.js";
export {
  AUDIT_TEXT_FIELDS,
  type AuditTextField,
  filterScope,
  matchesAuditFilter,
  matchesPayload,
  type NormalizedAuditFilter,
  normalizeAuditFilter,
  type PayloadCondition,
} from "./audit/filter.js";
export {
  DEFAULT_AUDIT_LIMITS,
  type ResolvedAuditLimits,
  type ResolvedEventLimits,
  resolveAuditLimits,
} from "./audit/limits.js";
export {
  AUDIT_ORDERS,
  type AuditKey,
  auditCursor,
  compareAuditKeys,
  type NormalizedAuditPage,
  normalizeAuditPage,
} from "./audit/paging.js";
export { EventRefusal, type NormalizedEvent, normalizeNewEvent } from "./audit/parse.js";
export { CONFLICT_REASON, sameContent, toAuditEvent } from "./audit/row.js";
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
  TailItem,
  TailOptions,
} from "./audit/store.js";
export {
  type NormalizedDimension,
  type NormalizedSummaryRequest,
  normalizeSummaryRequest,
  SUMMARY_DIMENSIONS,
  SummaryBuilder,
} from "./audit/summary.js";
export { toolOf } from "./audit/tool.js";
export type {
  MigrateMode,
  MigrateOptions,
  MigrationReport,
  MigrationStepReport,
  StorageBackend,
  StorageHealth,
} from "./backend.js";
export {
  CAPABILITY_NAMES,
  type Capabilities,
  type Capability,
  type CapabilityName,
  degraded,
  SUPPORTED,
  unsupported,
} from "./capabilities.js";
export {
  invalidArgument,
  isStorageError,
  STORAGE_ERROR_CODES,
  StorageError,
  type StorageErrorCode,
  type StorageErrorInit,
  withContext,
} from "./errors.js";
export { type GuardOptions, guardBackend } from "./guard.js";
export {
  checkHold,
  checkHoldsOptions,
  checkRelease,
  holdCovers,
  type StoredHold,
  toLegalHold,
} from "./holds/parse.js";
export type { HoldRegister, HoldRelease, HoldScope, LegalHold, NewLegalHold } from "./holds/record.js";
export { type Interceptor, interceptBackend, type OperationInfo, unwrapAll, type WrappedBackend } from "./intercept.js";
export {
  addSample,
  aggregateTotals,
  emptyTotals,
  fillPoints,
  matchesMetricQuery,
  mergeTotals,
  percentileCont,
  percentileOf,
  type SampleTotals,
  SeriesBuilder,
} from "./metrics/aggregate.js";
export {
  type NormalizedMetricDimension,
  type NormalizedMetricQuery,
  type NormalizedSample,
  normalizeMetricQuery,
  normalizeSample,
} from "./metrics/parse.js";
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
export { OPERATIONS, type OperationName, ROLES } from "./operations.js";
export { utcDay } from "./partitions/days.js";
export { tierErrors } from "./partitions/errors.js";
export {
  checkDataset,
  checkDrop,
  checkPart,
  checkRead,
  checkSegment,
  type NormalizedDrop,
  type NormalizedPart,
  type NormalizedRead,
  TIER_DATASETS,
} from "./partitions/parse.js";
export { checkStoredEvents } from "./partitions/parse-events.js";
export { checkSelection, matchesSelection, type NormalizedSelection } from "./partitions/parse-selection.js";
export type {
  Segment,
  SegmentDropOptions,
  SegmentMeasure,
  SegmentPart,
  SegmentReadOptions,
  StoredEvent,
  TierDataset,
} from "./partitions/partition.js";
export { decodePosition } from "./partitions/position.js";
export { MAX_SELECTION_FILTERS, type Selection } from "./partitions/selection.js";
export type { TierStore } from "./partitions/store.js";
export {
  type ActivationsWanted,
  type PolicyDecision,
  type PolicyState,
  type PolicyTable,
  TablePolicyStore,
} from "./policies/create-store.js";
export { rollbackTarget } from "./policies/history.js";
export {
  checkActivateOptions,
  checkPolicyName,
  checkPolicyVersion,
  checkSaveOptions,
  type NormalizedPolicy,
  normalizePolicy,
  policyErrors,
} from "./policies/parse.js";
export type {
  PolicyActivation,
  PolicyDocument,
  PolicyFormat,
  PolicySummary,
  PolicyVersion,
  PolicyVersionInfo,
} from "./policies/record.js";
export type { StoredPolicyActivation, StoredPolicyVersion, StoredPolicyVersionInfo } from "./policies/row.js";
export type { ActivatePolicyOptions, PolicyStore, SavePolicyOptions } from "./policies/store.js";
export {
  ARCHIVE_STATES,
  type ArchiveCatalog,
  type ArchiveRecord,
  type ArchiveState,
} from "./retention/archive.js";
export type { ForeignRetention } from "./retention/conflicting-policy.js";
export type { Lease } from "./retention/lease.js";
export {
  checkArchive,
  checkArchiveId,
  checkArchivesOptions,
  isSameArchive,
  type StoredArchive,
  toArchiveRecord,
} from "./retention/parse-archive.js";
export { checkLease, leaseOwner } from "./retention/parse-lease.js";
export { checkRun, checkRunsLimit, isOutcomeOf, type StoredRun, toRetentionRun } from "./retention/parse-run.js";
export { RecordKeepingTierStore, type TierRecords } from "./retention/record-keeping.js";
export { type RetentionHistory, type RetentionRun, RUN_OUTCOMES } from "./retention/run.js";
export { throwIfAborted } from "./support/abort.js";
export { canonicalJson } from "./support/canonical-json.js";
export { type CursorPosition, decodeCursor, encodeCursor } from "./support/cursor.js";
export { describeShape } from "./support/describe.js";
export { normalizeUuid, uuidV7 } from "./support/ids.js";
export {
  checkBoolean,
  checkChoice,
  checkDate,
  checkInteger,
  checkKeys,
  checkObject,
  checkOptionalText,
  checkPage,
  checkText,
  checkTexts,
  unknownKey,
} from "./support/input.js";
export {
  type JsonObject,
  type JsonScalar,
  type JsonValue,
  jsonProblem,
  MAX_JSON_DEPTH,
  parseJsonPointer,
  resolveJsonPointer,
} from "./support/json.js";
export { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, type Page, type PageRequest } from "./support/page.js";
export { closest, didYouMean } from "./support/suggest.js";
export { compareText, MAX_TEXT_LENGTH, textProblem } from "./support/text.js";
export { type Bucket, type Bucketing, parseBucket } from "./time/bucket.js";
export { type Clock, MAX_TIME_MS, MIN_TIME_MS, systemClock } from "./time/clock.js";
