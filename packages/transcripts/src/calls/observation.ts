import type { JsonValue } from "@agent-assembly/storage-core";
import type { Place } from "../item.js";
import type { ReadTime } from "./times.js";

/** A tool call as a source has it. */
export interface ObservedCall {
  readonly place: Place;
  readonly tool: string;
  /** As the source has them: a value, JSON text, or nothing. */
  readonly arguments: JsonValue | undefined;
  readonly id?: string | undefined;
  readonly time?: ReadTime | undefined;
  /** The session it is of, where that is not the one of the log. */
  readonly sessionId?: string | undefined;
  /** Whose call it is, where that is not the agent of the log. */
  readonly agentId?: string | undefined;
  /** Further members of the payload. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
  readonly decision?: string | undefined;
  /** This call may be told of twice, as one that was asked for and as one that was made: its id and arguments are one call. */
  readonly sameById?: boolean | undefined;
}

/** An answer to a tool call as a source has it. */
export interface ObservedAnswer {
  readonly place: Place;
  readonly result: JsonValue | undefined;
  /** What the source says of a failure: its text, or `true` where it only says that there was one. */
  readonly error?: JsonValue | undefined;
  readonly callId?: string | undefined;
  /** For sources that name the tool instead of the call. */
  readonly tool?: string | undefined;
  readonly time?: ReadTime | undefined;
  /** `allow` or `deny` where the answer tells what was decided. */
  readonly decision?: string | undefined;
  /** Further members of the payload. */
  readonly details?: Readonly<Record<string, JsonValue>> | undefined;
}

/** What was decided about a tool call, where the source has it apart from the call and its answer. */
export interface ObservedDecision {
  readonly place: Place;
  readonly callId: string | undefined;
  readonly decision: "allow" | "deny";
  readonly time?: ReadTime | undefined;
  /** What the model is told of a denial. */
  readonly result: JsonValue | undefined;
  /** Further members of the payload. */
  readonly details: Readonly<Record<string, JsonValue>>;
}
