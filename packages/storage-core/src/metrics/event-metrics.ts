import { AUDIT_ACTIONS, AUDIT_DECISIONS } from "../audit/event.js";
import type { MetricDefinition } from "./definition.js";

/** A metric that the audit log answers. */
export interface EventMetric extends MetricDefinition {
  /** For people: what one sample is. */
  readonly description: string;
  readonly action?: string;
  readonly decisions?: readonly string[];
  /** Member of the payload that holds the value; without one, each event counts 1. Events without it are no samples. */
  readonly payloadMember?: string;
}

/**
 * The metrics that come from the audit log, by name. Their samples are events, with the event's `ts`, `agentId` and `teamId`; their
 * labels are the other dimensions of events, `labels.tool` for example, and `labels.agent.metadata.KEY` to group by.
 */
export const EVENT_METRICS = {
  /** Each event. */
  events: { name: "events", unit: "events", kind: "delta", description: "events of the audit log" },
  /** Each event with the decision `deny`. */
  denials: {
    name: "denials",
    unit: "events",
    kind: "delta",
    description: "events with the decision deny",
    decisions: [AUDIT_DECISIONS.deny],
  },
  /** Each event with the action `tool_call`. */
  "tool.calls": {
    name: "tool.calls",
    unit: "events",
    kind: "delta",
    description: "events with the action tool_call",
    action: AUDIT_ACTIONS.toolCall,
  },
  /**
   * How long each approval waited for its decision: the payload's `latencyMs` of events with the action `approval` and the
   * decision `allow` or `deny`, as `approvalEvent` makes them.
   */
  "approvals.latency": {
    name: "approvals.latency",
    unit: "ms",
    kind: "gauge",
    description: "time from the submission of an approval to its decision",
    action: AUDIT_ACTIONS.approval,
    decisions: [AUDIT_DECISIONS.allow, AUDIT_DECISIONS.deny],
    payloadMember: "latencyMs",
  },
} as const satisfies Readonly<Record<string, EventMetric>>;

/** The metric of this name that comes from events. */
export function eventMetric(name: string): EventMetric | undefined {
  return Object.hasOwn(EVENT_METRICS, name) ? EVENT_METRICS[name as keyof typeof EVENT_METRICS] : undefined;
}

/** Why a name cannot be declared or recorded; `undefined` when it can. */
export function eventMetricProblem(name: string): string | undefined {
  if (eventMetric(name) === undefined) return undefined;
  return `is ${JSON.stringify(name)}, which is answered from the audit log and cannot be recorded; choose another name`;
}
