export type { ApprovalChange, ApprovalDriver } from "./approvals/driver.js";
export { approvalEvent } from "./approvals/event.js";
export {
  type ApprovalFilterField,
  type ApprovalKey,
  compareApprovalKeys,
  type ParsedApprovalFilter,
  wantsOpenOnly,
  whereApprovals,
} from "./approvals/filter.js";
export { type MemoryApprovalOptions, openMemoryApprovals } from "./approvals/memory-queue.js";
export {
  type ApprovalQueueOptions,
  type OpenApprovalsOptions,
  openApprovalQueue,
  recordedApprovals,
} from "./approvals/open.js";
export {
  type ApprovalDefaults,
  parseApprovalDefaults,
  type ResolvedApprovalDefaults,
} from "./approvals/parse.js";
export {
  APPROVAL_OPERATIONS,
  type ApprovalFilter,
  type ApprovalQueue,
  type ClaimOptions,
  type DecideOptions,
} from "./approvals/queue.js";
export type {
  Approval,
  ApprovalClaim,
  ApprovalDecision,
  ApprovalState,
  ApprovalVerdict,
  ApproverDecision,
  ClaimedApproval,
  DecidedApproval,
  ExpiryDecision,
  NewApproval,
  PendingApproval,
} from "./approvals/record.js";
export { lossEvent } from "./approvals/recorded.js";
export { recordApprovalEvents } from "./approvals/recording-driver.js";
export type { ApprovalRow } from "./approvals/row.js";
export { ApprovalWatchers } from "./approvals/watchers.js";
export { requestDigest } from "./digest.js";
export { type GuardStateOptions, guardState, type StatePort } from "./guard.js";
export type { StateHealth } from "./health.js";
export { type AnnouncingOptions, announcing } from "./policy-cache/announcing.js";
export {
  type CachedPolicy,
  POLICY_CACHE_OPERATIONS,
  type PolicyCache,
  type PolicySource,
} from "./policy-cache/cache.js";
export {
  type InvalidationChannel,
  type InvalidationEvent,
  type InvalidationListener,
  ProcessInvalidationChannel,
} from "./policy-cache/channel.js";
export { InvalidationListeners } from "./policy-cache/listeners.js";
export { openPolicyCache } from "./policy-cache/open.js";
export {
  type PolicyCacheLimits,
  type PolicyCacheOptions,
  parsePolicyCacheLimits,
} from "./policy-cache/options.js";
export { PollingInvalidationChannel, type PollingOptions } from "./policy-cache/polling-channel.js";
export type { SharedPolicyCache, SharedRead } from "./policy-cache/shared-level.js";
export {
  type CheckOptions,
  RATE_LIMIT_OPERATIONS,
  type RateLimit,
  type RateLimitAnswer,
  type RateLimiter,
  type RateLimitSource,
} from "./rate-limits/limiter.js";
export { type MemoryRateLimiterOptions, openMemoryRateLimiter } from "./rate-limits/memory-limiter.js";
export { countName, type NormalizedCheck, parseRateLimitCheck, stepOf } from "./rate-limits/normalize.js";
export {
  createStateSupport,
  type OpenPolicyCacheOptions,
  type StateBackend,
  type StateKind,
  type StateSupport,
  type StateSupportOptions,
  type TableStateSupport,
} from "./support.js";
