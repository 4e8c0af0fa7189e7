export { createAgentRegistry } from "./agents/create-store.js";
export type { AgentRow } from "./agents/row.js";
export { createApiTokenStore } from "./api-tokens/create-store.js";
export type { ApiTokenRow } from "./api-tokens/row.js";
export {
  AUDIT_COLUMN_OF,
  AUDIT_EVENT_COLUMNS,
  AUDIT_TEXT_FIELDS,
  type AuditColumn,
  type AuditColumnType,
  type AuditEventColumn,
  type AuditMember,
  type AuditTextField,
  CALLER_MEMBERS,
  OPTIONAL_TEXT_MEMBERS,
  type OptionalTextMember,
} from "./audit/columns.js";
export {
  COUNT_CUBES,
  COUNT_DIMENSIONS,
  COUNT_LEVEL_IDS,
  type CountCube,
  type CountDimension,
  type CountLevel,
  cellEnd,
  cellStart,
  fromCellHour,
  type TimeSpan,
  toCellHour,
} from "./audit/counts/cubes.js";
export { planDropped } from "./audit/counts/dropped.js";
export type { AnswerSource } from "./audit/counts/explanation.js";
export {
  type CellSpan,
  type CountPlan,
  countDimensionsOf,
  planCounts,
  planSpan,
  type SubtractedSpan,
} from "./audit/counts/plan.js";
export { type AuditStoreOptions, DriverAuditStore } from "./audit/create-store.js";
export type { AppendRowsOptions, AuditDriver, RestoredEvidence } from "./audit/driver.js";
export { type EventTextFormat, eventTextFormat, quoteCsv } from "./audit/export/text-format.js";
export {
  matchesAuditFilter,
  matchesPayload,
  type ParsedAuditFilter,
  type PayloadCondition,
  parseAuditFilter,
} from "./audit/filter.js";
export { parseAuditLimits, type ResolvedAuditLimits, type ResolvedEventLimits } from "./audit/limits.js";
export { AUDIT_ORDERS, type AuditKey, compareAuditKeys } from "./audit/paging.js";
export { EventRefusal, parseNewEvent } from "./audit/parse.js";
export {
  ERASED_AGENT_ID,
  type EventPart,
  eventParts,
  FIXED_PARTS,
  MAX_PAYLOAD_PARTS,
  memberPart,
  payloadMembers,
  restPart,
} from "./audit/parts.js";
export { type PositionOption, positionErrors } from "./audit/position-errors.js";
export { type AuditEventRow, CONFLICT_REASON, sameContent, sameRow, toAuditEvent } from "./audit/row.js";
export { rowProblem } from "./audit/row-problem.js";
export {
  type ParsedDimension,
  type ParsedSummaryRequest,
  parseSummaryRequest,
  SummaryBuilder,
} from "./audit/summary.js";
export { toolOf } from "./audit/tool.js";
export {
  BACKEND_MODULE_VERSION,
  type BackendBackup,
  type BackendModule,
  type BackendSchema,
  type BackendState,
  type SettingsContext,
  schemaAdmin,
} from "./backend-module.js";
export { degraded, SUPPORTED, unsupported } from "./capabilities.js";
export { createErasure, type Erasure, refuseErasure } from "./erasure/create-erasure.js";
export type {
  ErasedEvidence,
  ErasedParts,
  ErasingEvent,
  ErasureBatch,
  ErasureDriver,
  ErasureOutcome,
  ErasureSupport,
  ScrubOptions,
} from "./erasure/driver.js";
export { erasureErrors } from "./erasure/errors.js";
export { findParts, markerOf, mergeMarkers, withoutParts } from "./erasure/event-parts.js";
export type {
  AnnouncedErasure,
  AnnouncedErasureRequest,
  ArchiveErasureRequest,
} from "./erasure/hooks.js";
export type { ErasureRow } from "./erasure/row.js";
export type { ErasureTables } from "./erasure/tables.js";
export { type ErrorContext, errorInit, invalidArgument, withContext } from "./errors.js";
export { createEvidenceSupport, MAX_EVIDENCE_LIMIT } from "./evidence/create-support.js";
export type {
  EvidenceAnchor,
  EvidenceBatch,
  EvidenceBeginning,
  EvidenceCheckpoint,
  EvidenceCommit,
  EvidenceEvent,
  EvidenceLog,
  EvidenceMove,
  EvidencePart,
  EvidenceSeed,
  EvidenceSlice,
  EvidenceStatement,
  EvidenceTile,
  EvidenceVerification,
  KeptEvidenceVerification,
  RestoredEvent,
  RowPlaces,
  TransactionRange,
} from "./evidence/log.js";
export { evidencePositionErrors, formatNumberedPosition, parseNumberedPosition } from "./evidence/position.js";
export type { EvidenceKey, EvidenceRange, EvidenceSupport } from "./evidence/support.js";
export { type ExactJson, type InexactPart, parseExactJson } from "./exact-json/parse.js";
export { requireFoldersBelow } from "./files/inside.js";
export { kindOf, sizeText } from "./files/kind.js";
export { collect, type InputOptions, type OpenedInput, openInput, readInput } from "./files/open-input.js";
export { type FileRules, identityOf, RegularFile } from "./files/regular-file.js";
export { type FileSharing, sharingOf } from "./files/sharing.js";
export { parseContext, parseGovernanceEvents } from "./governance/change.js";
export { type GovernanceFacts, governanceEvent } from "./governance/event.js";
export type { RecordChange } from "./governance/record-change.js";
export { type GuardOptions, guardBackend } from "./guard.js";
export { createHoldStore } from "./holds/create-store.js";
export type { HoldDriver } from "./holds/driver.js";
export { type HeldRow, type HoldCover, type HoldRow, heldBy } from "./holds/row.js";
export { type Interceptor, interceptBackend, type OperationInfo } from "./intercept.js";
export { changesSamples } from "./metrics/definition.js";
export { type CounterReading, counterOf, type Increases, toIncreases } from "./metrics/driver/counter.js";
export type { DefineOutcome, MetricDriver, MetricStats, RecordOutcome } from "./metrics/driver/driver.js";
export type {
  ParsedMetricDimension,
  ParsedMetricLabelValues,
  ParsedMetricQuery,
} from "./metrics/driver/parse-query.js";
export { SeriesBuilder } from "./metrics/driver/series-builder.js";
export { emptyTotals, percentileOf, type SampleTotals } from "./metrics/driver/totals.js";
export type { SampleRow } from "./metrics/parse.js";
export { createMetricStore } from "./metrics/store/create-store.js";
export { OPERATIONS, OPTIONAL_ROLES, type OperationName, OWN_OPERATIONS, ROLES } from "./operations.js";
export { installRemedy, type PackageManager, packageManagerInUse } from "./package-manager.js";
export { createPartitionStore, type PartitionRowStore, type PartitionStoreOptions } from "./partitions/create-store.js";
export { utcDay } from "./partitions/days.js";
export type { PartitionDriver } from "./partitions/driver.js";
export { partitionErrors } from "./partitions/errors.js";
export type { ParsedDrop, ParsedRead, ParsedSlice } from "./partitions/parse.js";
export { parseRestoredEvents, parseStoredEvent } from "./partitions/parse-events.js";
export { type ParsedSelection, parseSelection } from "./partitions/parse-selection.js";
export type { MeasureRequest } from "./partitions/partition.js";
export type { Selection } from "./partitions/selection.js";
export { createPolicyStore } from "./policies/create-store.js";
export type { ActivationsWanted, PolicyDecision, PolicyDriver, PolicyState } from "./policies/driver.js";
export { MAX_POLICY_BYTES } from "./policies/parse.js";
export type { PolicyActivationRow, PolicyVersionInfoRow, PolicyVersionRow } from "./policies/row.js";
export type { RecordTables } from "./record-tables.js";
export {
  type ComparisonName,
  type Condition,
  type ConditionFold,
  foldCondition,
  predicateOf,
} from "./records/condition.js";
export type { KeyedTable, ListRequest, RowChange, RowOrder } from "./records/keyed-table.js";
export { ARCHIVE_STATES, type ArchiveRecord, type ArchiveState } from "./retention/archive.js";
export type { ConflictingRetentionPolicy } from "./retention/conflicting-policy.js";
export type { LeaseRow } from "./retention/create-leases.js";
export type { Lease } from "./retention/lease.js";
export type { ArchiveRow } from "./retention/parse-archive.js";
export type { RunRow } from "./retention/parse-run.js";
export { type FinishedRun, RUN_OUTCOMES, type RunningRun } from "./retention/run.js";
export { createRetentionSupport, type RetentionSupport, type RetentionTables } from "./retention/support.js";
export type { MigrationRecord, MigrationState, PendingMigration } from "./schema.js";
export { isSchemaName, SCHEMA_NAMES } from "./schema-name.js";
export { MASK, maskSecrets, maskUrl, mayHoldSecret } from "./secrets/mask.js";
export { safeCause } from "./secrets/safe-cause.js";
export { splitServersUrl, type UrlParts } from "./secrets/split-url.js";
export { anySignal, throwIfAborted, unlessAborted } from "./support/abort.js";
export { countText, describeShape } from "./support/describe.js";
export {
  causeWithCode,
  codeOf,
  connectionVerdicts,
  type ErrorVerdict,
  isCertificateCode,
  NETWORK_VERDICTS,
} from "./support/driver-errors.js";
export { fileError } from "./support/file-errors.js";
export { uuidV7, uuidV8 } from "./support/ids.js";
export {
  checkKeys,
  checkObject,
  parseBoolean,
  parseChoice,
  parseDate,
  parseInteger,
  parseText,
  parseTexts,
} from "./support/input.js";
export { jsonProblem, parseJsonPointer } from "./support/json.js";
export { packageVersion } from "./support/package-version.js";
export { checkCount, REQUEST_LIMITS } from "./support/request-limits.js";
export { optionsFromSection } from "./support/settings.js";
export { closest, didYouMean } from "./support/suggest.js";
export { compareText, MAX_TEXT_LENGTH, textProblem } from "./support/text.js";
export { MAX_TIME_MS, MIN_TIME_MS } from "./support/time-range.js";
export { type Bucketing, parseBucket } from "./time/bucket.js";
export { systemClock } from "./time/clock.js";
export { instantOfLocalTime } from "./time/local-time.js";
export { Waker } from "./time/waker.js";
export { parseTokenKey, type TokenKeys } from "./tokens/keys.js";
export { type TokenShape, tokenInteger, tokenList } from "./tokens/shape.js";
export { defineToken, type TokenContext, type TokenKind, type TokenUse } from "./tokens/token.js";
export { parseYaml } from "./yaml/parse.js";
export type { YamlMistake, YamlResult } from "./yaml/result.js";
