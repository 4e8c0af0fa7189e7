export { type AgentTable, TableAgentRegistry } from "./agents/create-store.js";
export type { NormalizedAgentFilter } from "./agents/filter.js";
export type { AgentPatch, StoredAgent } from "./agents/parse.js";
export { type AuditTable, eventsOf, TableAuditStore } from "./audit/create-store.js";
export {
  type AuditTextField,
  matchesAuditFilter,
  matchesPayload,
  type NormalizedAuditFilter,
  normalizeAuditFilter,
  type PayloadCondition,
} from "./audit/filter.js";
export { type ResolvedAuditLimits, type ResolvedEventLimits, resolveAuditLimits } from "./audit/limits.js";
export { AUDIT_ORDERS, type AuditKey, compareAuditKeys } from "./audit/paging.js";
export { EventRefusal, type NormalizedEvent, normalizeNewEvent } from "./audit/parse.js";
export { CONFLICT_REASON, sameContent, toAuditEvent } from "./audit/row.js";
export {
  type NormalizedDimension,
  type NormalizedSummaryRequest,
  SUMMARY_DIMENSIONS,
  SummaryBuilder,
} from "./audit/summary.js";
export { toolOf } from "./audit/tool.js";
export { degraded, SUPPORTED, unsupported } from "./capabilities.js";
export { invalidArgument, withContext } from "./errors.js";
export { type GuardOptions, guardBackend } from "./guard.js";
export { checkHold, checkHoldsOptions, checkRelease, type StoredHold, toLegalHold } from "./holds/parse.js";
export { type Interceptor, interceptBackend, type OperationInfo } from "./intercept.js";
export { emptyTotals, percentileOf, SeriesBuilder } from "./metrics/aggregate.js";
export {
  type NormalizedMetricDimension,
  type NormalizedMetricQuery,
  type NormalizedSample,
  normalizeMetricQuery,
  normalizeSample,
} from "./metrics/parse.js";
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
} from "./partitions/parse.js";
export { checkStoredEvents } from "./partitions/parse-events.js";
export { checkSelection, type NormalizedSelection } from "./partitions/parse-selection.js";
export { decodePosition } from "./partitions/position.js";
export {
  type ActivationsWanted,
  type PolicyDecision,
  type PolicyState,
  type PolicyTable,
  TablePolicyStore,
} from "./policies/create-store.js";
export type { StoredPolicyActivation, StoredPolicyVersion, StoredPolicyVersionInfo } from "./policies/row.js";
export {
  checkArchive,
  checkArchiveId,
  checkArchivesOptions,
  isSameArchive,
  type StoredArchive,
  toArchiveRecord,
} from "./retention/parse-archive.js";
export { checkLease, leaseOwner } from "./retention/parse-lease.js";
export { checkRun, checkRunsLimit, type StoredRun, toRetentionRun } from "./retention/parse-run.js";
export { RecordKeepingTierStore, type TierRecords } from "./retention/record-keeping.js";
export { throwIfAborted } from "./support/abort.js";
export { type CursorPosition, decodeCursor, encodeCursor } from "./support/cursor.js";
export { describeShape } from "./support/describe.js";
export { uuidV7 } from "./support/ids.js";
export {
  checkBoolean,
  checkChoice,
  checkDate,
  checkInteger,
  checkKeys,
  checkObject,
  checkText,
  checkTexts,
} from "./support/input.js";
export { jsonProblem, parseJsonPointer } from "./support/json.js";
export { didYouMean } from "./support/suggest.js";
export { compareText, MAX_TEXT_LENGTH, textProblem } from "./support/text.js";
export { type Bucketing, parseBucket } from "./time/bucket.js";
export { MAX_TIME_MS, MIN_TIME_MS, systemClock } from "./time/clock.js";
