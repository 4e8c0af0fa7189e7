import type { AuditFilter } from "@agent-assembly/storage-core";
import { parsePayloadConditions } from "./payload.js";
import { parseTime } from "./time.js";

/** The filter options every `audit` command shares, as commander hands them over. */
export interface FilterOptions {
  readonly agent?: string[];
  readonly team?: string[];
  readonly org?: string[];
  readonly session?: string[];
  readonly trace?: string[];
  readonly action?: string[];
  readonly decision?: string[];
  readonly shadowDecision?: string[];
  readonly rule?: string[];
  readonly tool?: string[];
  readonly eventId?: string[];
  readonly dryRun?: boolean;
  readonly payload?: string[];
  readonly from?: string;
  readonly to?: string;
}

/** @throws UsageError */
export function toFilter(options: FilterOptions, now: number): AuditFilter {
  const filter: AuditFilter = {
    agentId: options.agent,
    teamId: options.team,
    orgId: options.org,
    sessionId: options.session,
    traceId: options.trace,
    action: options.action,
    decision: options.decision,
    shadowDecision: options.shadowDecision,
    matchedRuleId: options.rule,
    tool: options.tool,
    eventId: options.eventId,
    dryRun: options.dryRun,
    payload: options.payload === undefined ? undefined : parsePayloadConditions(options.payload),
    from: options.from === undefined ? undefined : parseTime("--from", options.from, now),
    to: options.to === undefined ? undefined : parseTime("--to", options.to, now),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
