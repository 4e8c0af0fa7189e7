import type { JsonValue } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";
import type { ObservedAnswer, ObservedCall } from "../../calls/observation.js";
import type { ReadTime } from "../../calls/times.js";
import type { Place } from "../../item.js";

/** A call in a message. */
export interface CallPart {
  readonly kind: "call";
  /** From the message. */
  readonly pointer: string;
  readonly id: string | undefined;
  readonly tool: string;
  readonly arguments: JsonValue | undefined;
  readonly details: Readonly<Record<string, JsonValue | undefined>> | undefined;
  /** The same call may be there as one that was asked for. */
  readonly sameById?: boolean | undefined;
}

/** An answer in a message. */
export interface AnswerPart {
  readonly kind: "answer";
  readonly pointer: string;
  readonly callId: string | undefined;
  readonly tool: string | undefined;
  readonly result: JsonValue | undefined;
  readonly error: JsonValue | undefined;
  readonly decision?: "allow" | "deny" | undefined;
  readonly details?: Readonly<Record<string, JsonValue>> | undefined;
}

/** A request for approval of a call, under an id of its own. */
export interface AskedPart {
  readonly kind: "asked";
  readonly pointer: string;
  readonly approvalId: string;
  readonly callId: string | undefined;
  /** By a rule, not by a person. */
  readonly automatic: boolean;
}

/** What was decided about a call. */
export interface DecisionPart {
  readonly kind: "decision";
  readonly pointer: string;
  /** Of the call, or of the request for approval. */
  readonly callId?: string | undefined;
  readonly approvalId?: string | undefined;
  readonly approved: boolean;
  readonly reason: string | undefined;
  /** Who decided, where the source tells. */
  readonly source?: "user" | "rule" | undefined;
}

/** A part that looks like one of them, and why it is none. */
export interface BadPart {
  readonly kind: "bad" | "unfinished";
  readonly pointer: string;
  readonly reason: string;
}

export type Part = CallPart | AnswerPart | AskedPart | DecisionPart | BadPart;

// Member by member: spreading a part takes longer than all else that is done with it.

/** The call that a part of a message is. */
export function observedCall(
  { id, tool, arguments: args, details, sameById }: CallPart,
  place: Place,
  time: ReadTime | undefined,
  agentId: string | undefined,
): ObservedCall {
  return { place, id, tool, arguments: args, details, sameById, time, agentId };
}

/** The answer that a part of a message is. */
export function observedAnswer(
  { callId, tool, result, error, decision, details }: AnswerPart,
  place: Place,
  time: ReadTime | undefined,
): ObservedAnswer {
  return { place, callId, tool, result, error, decision, details, time };
}

/** Looking through a list of so many is faster than making a set. */
const MOST_IN_LIST = 8;

/** Collects what a message holds. */
export class Parts {
  readonly list: Part[] = [];
  /** Blocks that were read, or say nothing that was not read elsewhere; of most messages one or two. */
  #read: string[] | Set<string> = [];

  call(
    pointer: string,
    id: string | undefined,
    tool: JsonValue | undefined,
    args: JsonValue | undefined,
    details?: CallPart["details"],
    sameById?: boolean,
  ): void {
    this.skip(pointer);
    if (typeof tool === "string" && tool !== "") {
      this.list.push({ kind: "call", pointer, id, tool, arguments: args, details, sameById });
    } else this.notRead(pointer, `is a call whose tool has no name, got ${describeShape(tool)}`);
  }

  answer(
    pointer: string,
    callId: string | undefined,
    tool: string | undefined,
    result: JsonValue | undefined,
    error: JsonValue | undefined,
    more: Pick<AnswerPart, "decision" | "details"> = {},
  ): void {
    this.skip(pointer);
    this.list.push({ kind: "answer", pointer, callId, tool, result, error, ...more });
  }

  asked(pointer: string, approvalId: string, callId: string | undefined, automatic: boolean): void {
    this.skip(pointer);
    this.list.push({ kind: "asked", pointer, approvalId, callId, automatic });
  }

  decision(pointer: string, decision: Omit<DecisionPart, "kind" | "pointer">): void {
    this.skip(pointer);
    this.list.push({ kind: "decision", pointer, ...decision });
  }

  notRead(pointer: string, reason: string): void {
    this.skip(pointer);
    this.list.push({ kind: "bad", pointer, reason });
  }

  /** A call that ends within its arguments. */
  unfinished(pointer: string): void {
    this.skip(pointer);
    this.list.push({
      kind: "unfinished",
      pointer,
      reason: "is a call that ends within its arguments: it was not made",
    });
  }

  /** A block of which nothing else is to be said. */
  skip(pointer: string): void {
    if (!Array.isArray(this.#read)) this.#read.add(pointer);
    else if (this.#read.push(pointer) > MOST_IN_LIST) this.#read = new Set(this.#read);
  }

  isRead(pointer: string): boolean {
    return Array.isArray(this.#read) ? this.#read.includes(pointer) : this.#read.has(pointer);
  }

  hasCall(id: string | undefined): boolean {
    return id !== undefined && this.list.some((part) => part.kind === "call" && part.id === id);
  }

  has(kind: Part["kind"]): boolean {
    return this.list.some((part) => part.kind === kind);
  }
}
