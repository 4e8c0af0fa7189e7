import { createHash } from "node:crypto";
import { AUDIT_ACTIONS, AUDIT_DECISIONS, type AuditDecision } from "../audit/event.js";
import type { AuditEventRow } from "../audit/row.js";
import { canonicalJson } from "../support/canonical-json.js";
import { uuidV7, uuidV8 } from "../support/ids.js";
import type { JsonObject, JsonValue } from "../support/json.js";
import { GOVERNANCE_AGENT, type GovernanceChange, type GovernanceRecord, type ParsedContext } from "./change.js";

/** What a governance event is made of. */
export interface GovernanceFacts {
  readonly change: GovernanceChange;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly subject: JsonObject;
  readonly before?: JsonObject | undefined;
  readonly after?: JsonObject | undefined;
  readonly by?: ParsedContext | undefined;
  /** Default {@link GOVERNANCE_AGENT}. */
  readonly agentId?: string | null | undefined;
  readonly teamId?: string | null | undefined;
  readonly orgId?: string | null | undefined;
  /** Default `observed`: the store reports the change, and did not decide on it. */
  readonly decision?: AuditDecision | undefined;
  /**
   * Whatever happens once only has one `at` and facts that never differ: its id follows from them, so that it is stored once however
   * often it is recorded. Default: a new id.
   */
  readonly once?: boolean | undefined;
}

/** A change as the audit event that records it. */
export function governanceEvent(facts: GovernanceFacts): AuditEventRow {
  const { change, at, subject, before, after, by } = facts;
  const record: GovernanceRecord = {
    change,
    subject,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(by?.actor != null && { actor: by.actor }),
    ...(by?.reason != null && { reason: by.reason }),
  };
  return {
    ts: at,
    recordedAt: at,
    eventId: facts.once === true ? uuidV8(digestOf(canonicalJson([at, record]))) : uuidV7(at),
    agentId: facts.agentId ?? GOVERNANCE_AGENT,
    teamId: facts.teamId ?? null,
    orgId: facts.orgId ?? null,
    sessionId: null,
    traceId: null,
    action: AUDIT_ACTIONS.governance,
    decision: facts.decision ?? AUDIT_DECISIONS.observed,
    dryRun: false,
    shadowDecision: null,
    matchedRuleId: null,
    tool: null,
    payload: JSON.stringify(record),
  };
}

/** `sha256:` and the digest of a text, or of canonical JSON. */
export function digestValue(value: string | { readonly json: JsonValue }): string {
  return `sha256:${digestOf(typeof value === "string" ? value : canonicalJson(value.json))}`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The members of two versions that differ, as `before` and `after` of a record. */
export function differences(
  before: JsonObject,
  after: JsonObject,
): { readonly before: JsonObject; readonly after: JsonObject } {
  const names = Object.keys(after).filter((name) => before[name] !== after[name]);
  const pick = (from: JsonObject): JsonObject => Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  return { before: pick(before), after: pick(after) };
}

/** Milliseconds since the epoch as ISO 8601; null stays. */
export function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
