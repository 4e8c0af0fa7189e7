import type { JsonValue } from "../support/json.js";

/** What an agent did, or what was decided about it, at one instant. */
export interface AuditEvent {
  /** When it happened; UTC, millisecond precision. */
  readonly ts: Date;
  /** When this store took it in; set by the backend. */
  readonly recordedAt: Date;
  /** UUID, lower case. Together with `ts` the event's identity. */
  readonly eventId: string;
  readonly agentId: string;
  readonly teamId?: string;
  readonly orgId?: string;
  readonly sessionId?: string;
  readonly traceId?: string;
  /** Open set; see {@link AUDIT_ACTIONS} for the well-known ones. */
  readonly action: AuditAction;
  /** Open set; see {@link AUDIT_DECISIONS} for the well-known ones. */
  readonly decision: AuditDecision;
  /** True when the action was evaluated but not carried out. */
  readonly dryRun: boolean;
  /** What the decision would have been had the shadowed policy been enforced. */
  readonly shadowDecision?: AuditDecision;
  readonly matchedRuleId?: string;
  /**
   * Any JSON value. A `tool_call` names its tool in the member `tool` (see `toolOf`), by convention with
   * `arguments` and `result` beside it.
   */
  readonly payload?: JsonValue;
}

/** An event as a caller hands it to `append`. */
export interface NewAuditEvent extends Omit<AuditEvent, "recordedAt" | "eventId" | "dryRun"> {
  /** Default: a new UUID version 7. Give one to make redelivery idempotent. */
  readonly eventId?: string;
  /** Default `false`. */
  readonly dryRun?: boolean;
}

/** Well-known values of {@link AuditEvent.action}; any other string is accepted too. */
export const AUDIT_ACTIONS = {
  toolCall: "tool_call",
  /** An answer that came after its call was stored, or a second one. */
  toolResult: "tool_result",
  policyDecision: "policy_decision",
  modelCall: "model_call",
  message: "message",
  agentLifecycle: "agent_lifecycle",
  approval: "approval",
  /** A change of policies, agents, approvals, holds, retention or archives; see `GovernanceRecord`. */
  governance: "governance",
} as const;

/** An action: editors suggest the well-known ones. */
export type AuditAction = (typeof AUDIT_ACTIONS)[keyof typeof AUDIT_ACTIONS] | (string & {});

/** Well-known values of {@link AuditEvent.decision}; any other string is accepted too. */
export const AUDIT_DECISIONS = {
  allow: "allow",
  deny: "deny",
  shadow: "shadow",
  pending: "pending",
  error: "error",
  /** Only reported: the source says what happened, not that it was allowed. */
  observed: "observed",
} as const;

/** A decision: editors suggest the well-known ones. */
export type AuditDecision = (typeof AUDIT_DECISIONS)[keyof typeof AUDIT_DECISIONS] | (string & {});
