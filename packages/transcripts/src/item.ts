import type { NewAuditEvent } from "@agent-assembly/storage-core";
import type { TranscriptFormat } from "./format-names.js";

/** Where in the source something stands. */
export interface Place {
  /** The line it begins on, 1-based; absent where that is not known. */
  readonly line?: number;
  /** JSON Pointer (RFC 6901) from the line's value, or from the document's. */
  readonly pointer?: string;
}

/** What a problem is about. */
export type ProblemCode =
  /** The source cannot be read: no text, not JSON, cut off, too deep, too large. */
  | "unreadable"
  /** It is none of the formats, or of several. */
  | "unknown_format"
  /** It is still being written, and has no lines that could be read one by one. */
  | "not_followed"
  /** The source was read, and holds nothing to store. */
  | "nothing_found"
  /** It looks like a call, an answer or a message, and could not be read as one. */
  | "not_read"
  /** Several calls of one id, or none, could have got this answer. */
  | "no_call"
  /** A time that could not be read; the event has one that was assumed. */
  | "unread_time"
  /** A time without a zone, read in the zone that was asked for. */
  | "zone_assumed"
  /** A number that a double cannot hold; it is stored as text. */
  | "number_as_text"
  /** An object that names a member twice; it is stored as text. */
  | "duplicate_member"
  /** A call inside another call, such as that of an MCP client in the span of a tool: both are events. */
  | "nested_call"
  /** Something that is no call, answer or message, and was left out. */
  | "left_out";

/** A part of the source that was not stored, or not as it stands there. */
export interface TranscriptProblem {
  readonly code: ProblemCode;
  /** `error`: something was not stored. `warning`: it was, in another form, or need not be. */
  readonly severity: "error" | "warning";
  readonly place: Place;
  /** What was found and what was expected; never a value of the source. */
  readonly reason: string;
}

/** An event to store. */
export interface TranscriptEvent {
  readonly format: TranscriptFormat;
  readonly place: Place;
  readonly event: NewAuditEvent;
  /**
   * The answer as an event of its own, or the decision of a call without one. It is stored where the call is in the store already,
   * without it; see
   * {@link storeTranscript}.
   */
  readonly answer?: NewAuditEvent;
}

/** What a reader yields: an event to store, or why a part of the source is none. */
export type TranscriptItem = TranscriptEvent | { readonly problem: TranscriptProblem };

/** @internal */
export function problem(
  code: ProblemCode,
  severity: TranscriptProblem["severity"],
  place: Place,
  reason: string,
): TranscriptItem {
  return { problem: { code, severity, place, reason } };
}

/** @internal Something that looks like a call, an answer or a message, and is none that can be read. */
export function notRead(place: Place, reason: string): TranscriptItem {
  return problem("not_read", "error", place, reason);
}

/** @internal A request for approval, or its answer, in a log that has decisions elsewhere. */
export function unexpectedPart(place: Place): TranscriptItem {
  return notRead(place, "is about the approval of a call, in a log that tells of it elsewhere");
}

/** @internal The timestamp of an entry that is there and cannot be read. */
export function unreadTimestamp(place: Place): TranscriptItem {
  return problem(
    "unread_time",
    "warning",
    place,
    "timestamp is no time that can be read; the time before it was taken",
  );
}
