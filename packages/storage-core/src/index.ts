export { throwIfAborted } from "./abort.js";
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
} from "./agents/normalize.js";
export {
  type AgentChanges,
  type AgentIdentity,
  type AgentRecord,
  type AgentStatus,
  ENFORCEMENT_MODES,
  type EnforcementWindow,
  type NewAgent,
} from "./agents/record.js";
export { type AgentTable, TableAgentRegistry } from "./agents/registry.js";
export type { AgentFilter, AgentRegistry, ExpectedRevision } from "./agents/store.js";
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
export { EventRefusal, type NormalizedEvent, normalizeNewEvent } from "./audit/normalize.js";
export {
  AUDIT_ORDERS,
  type AuditKey,
  auditCursor,
  compareAuditKeys,
  type NormalizedAuditPage,
  normalizeAuditPage,
} from "./audit/paging.js";
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
export { CONFLICT_REASON, sameContent, toAuditEvent } from "./audit/stored.js";
export {
  type NormalizedDimension,
  type NormalizedSummaryRequest,
  normalizeSummaryRequest,
  SUMMARY_DIMENSIONS,
  SummaryBuilder,
} from "./audit/summary.js";
export { type AuditTable, eventsOf, TableAuditStore } from "./audit/table-store.js";
export { toolOf } from "./audit/tool.js";
export type {
  MigrateMode,
  MigrateOptions,
  MigrationReport,
  MigrationStepReport,
  StorageBackend,
  StorageHealth,
} from "./backend.js";
export { canonicalJson } from "./canonical-json.js";
export {
  CAPABILITY_NAMES,
  type Capabilities,
  type Capability,
  type CapabilityName,
  degraded,
  SUPPORTED,
  unsupported,
} from "./capabilities.js";
export { type CursorPosition, decodeCursor, encodeCursor } from "./cursor.js";
export { describeShape } from "./describe.js";
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
export { normalizeUuid, uuidV7 } from "./ids.js";
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
} from "./input.js";
export { type Interceptor, interceptBackend, type OperationInfo, unwrapAll, type WrappedBackend } from "./intercept.js";
export {
  type JsonObject,
  type JsonScalar,
  type JsonValue,
  jsonProblem,
  MAX_JSON_DEPTH,
  parseJsonPointer,
  resolveJsonPointer,
} from "./json.js";
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
} from "./metrics/normalize.js";
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
export { DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT, type Page, type PageRequest } from "./page.js";
export { rollbackTarget } from "./policies/history.js";
export {
  checkActivateOptions,
  checkPolicyName,
  checkPolicyVersion,
  checkSaveOptions,
  type NormalizedPolicy,
  normalizePolicy,
  policyErrors,
} from "./policies/normalize.js";
export type { ActivatePolicyOptions, PolicyStore, SavePolicyOptions } from "./policies/store.js";
export type { StoredPolicyActivation, StoredPolicyVersion, StoredPolicyVersionInfo } from "./policies/stored.js";
export {
  type ActivationsWanted,
  type PolicyDecision,
  type PolicyState,
  type PolicyTable,
  TablePolicyStore,
} from "./policies/table-store.js";
export type {
  PolicyActivation,
  PolicyDocument,
  PolicyFormat,
  PolicySummary,
  PolicyVersion,
  PolicyVersionInfo,
} from "./policies/version.js";
export { closest, didYouMean } from "./suggest.js";
export { compareText, MAX_TEXT_LENGTH, textProblem } from "./text.js";
export {
  ARCHIVE_STATES,
  type ArchiveCatalog,
  type ArchiveRecord,
  type ArchiveState,
} from "./tiers/archives.js";
export {
  checkArchive,
  checkArchiveId,
  checkArchivesOptions,
  isSameArchive,
  type StoredArchive,
  toArchiveRecord,
} from "./tiers/check-archive.js";
export { checkStoredEvents } from "./tiers/check-events.js";
export {
  checkHold,
  checkHoldsOptions,
  checkRelease,
  holdCovers,
  type StoredHold,
  toLegalHold,
} from "./tiers/check-hold.js";
export { checkLease, leaseOwner } from "./tiers/check-lease.js";
export { checkRun, checkRunsLimit, isOutcomeOf, type StoredRun, toRetentionRun } from "./tiers/check-run.js";
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
} from "./tiers/check-segment.js";
export { checkSelection, matchesSelection, type NormalizedSelection } from "./tiers/check-selection.js";
export { utcDay } from "./tiers/days.js";
export { tierErrors } from "./tiers/errors.js";
export type { ForeignRetention } from "./tiers/foreign.js";
export type { HoldRegister, HoldRelease, HoldScope, LegalHold, NewLegalHold } from "./tiers/holds.js";
export type { Lease } from "./tiers/lease.js";
export { decodePosition } from "./tiers/position.js";
export { type RetentionHistory, type RetentionRun, RUN_OUTCOMES } from "./tiers/runs.js";
export type {
  Segment,
  SegmentDropOptions,
  SegmentMeasure,
  SegmentPart,
  SegmentReadOptions,
  StoredEvent,
  TierDataset,
} from "./tiers/segments.js";
export { MAX_SELECTION_FILTERS, type Selection } from "./tiers/selection.js";
export type { TierStore } from "./tiers/store.js";
export { RecordKeepingTierStore, type TierRecords } from "./tiers/tier-records.js";
export { type Bucket, type Bucketing, parseBucket } from "./time/bucket.js";
export { type Clock, MAX_TIME_MS, MIN_TIME_MS, systemClock } from "./time/clock.js";
