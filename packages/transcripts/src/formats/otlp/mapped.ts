import type { JsonObject, NewAuditEvent } from "@agent-assembly/storage-core";
import type { ProblemCode, TranscriptProblem } from "../../item.js";
import type { PayloadLimits } from "./fit-payload.js";

/** What one record became. */
export interface Mapped {
  /** The events of a span and of the messages in it, or of a log record; none where it is no event. */
  readonly events: readonly MappedEvent[];
  readonly problems: readonly MappingProblem[];
  /** Ids of calls in content that is not kept. */
  readonly mentioned: readonly string[];
  /** Why the record itself is no event; absent where it is one. Messages in a span are events all the same. */
  readonly refusal?: MappingRefusal | undefined;
}

/**
 * Why a record is no event. `unrelated`, `pending` and `unknown_convention`: it tells of no work of an agent, or only that work
 * began, or of a tool in names that are not known. The others tell of such work, and lack what an event needs.
 */
export type MappingRefusal = "unrelated" | "pending" | "unknown_convention" | "no_agent" | "no_tool" | "no_time";

/** An event, and what belongs to it. */
export interface MappedEvent {
  readonly event: NewAuditEvent;
  /** The answer as an event of its own, for a store that has the call with another answer. */
  readonly answer?: NewAuditEvent;
  /** Ids of calls that a model asked for. */
  readonly asked: readonly string[];
}

/** A part of a record that is not in the event, or not as it was sent. */
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
  /** Milliseconds since the epoch, for records without a time; without one they are refused. */
  readonly assumedTime: number | undefined;
  /** Team of what names none by `aasm.team_id`. */
  readonly teamId?: string | undefined;
  /** `store` makes events of records that tell of no work of an agent too. @default "drop" */
  readonly unmapped?: "drop" | "store" | undefined;
  /** Makes a payload without what must not be stored; it is called before the payload is cut to its limits. */
  readonly redact?: ((payload: JsonObject) => JsonObject) | undefined;
  /** Whether answers are made into events of their own too, which only stores of transcripts ask for. @default true */
  readonly answers?: boolean | undefined;
  /** Sizes from which parts of a payload are cut. Without, nothing is. */
  readonly limits?: PayloadLimits | undefined;
}

export function warning(code: ProblemCode, reason: string): MappingProblem {
  return { code, severity: "warning", reason };
}

export function notMapped(reason: string): MappingProblem {
  return { code: "not_read", severity: "error", reason };
}

/** A record that is no event. */
export function refused(refusal: MappingRefusal, problem: MappingProblem): Mapped {
  return { events: [], problems: [problem], mentioned: [], refusal };
}
