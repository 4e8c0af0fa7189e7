import type { NewAuditEvent } from "@agent-assembly/storage-core";
import type { ProblemCode, TranscriptProblem } from "../../item.js";

/** What one record became. */
export interface Mapped {
  /** The events of a span and of the messages in it, or of a log record; none where it is no event. */
  readonly events: readonly MappedEvent[];
  readonly problems: readonly MappingProblem[];
  /** Ids of calls in content that is not kept. */
  readonly mentioned: readonly string[];
}

export interface MappedEvent {
  readonly event: NewAuditEvent;
  /** The answer as an event of its own, for a store that has the call with another answer. */
  readonly answer?: NewAuditEvent;
  /** Ids of calls that a model asked for. */
  readonly asked: readonly string[];
}

export interface MappingProblem {
  readonly code: ProblemCode;
  readonly severity: TranscriptProblem["severity"];
  readonly reason: string;
}

/** How records are mapped. */
export interface MappingOptions {
  /** Whose events these are, whatever the records say. */
  readonly agentId?: string | undefined;
  /** Decision of what is only reported. @default "observed" */
  readonly decision?: string | undefined;
  /** `known` keeps the attributes that describe an event, `all` what was said to models and by them too. @default "known" */
  readonly keepAttributes?: "known" | "all" | undefined;
  /** Milliseconds since the epoch, for records without a time. */
  readonly assumedTime: number;
}

export function warning(code: ProblemCode, reason: string): MappingProblem {
  return { code, severity: "warning", reason };
}

export function notMapped(reason: string): MappingProblem {
  return { code: "not_read", severity: "error", reason };
}
