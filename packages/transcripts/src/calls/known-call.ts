import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import type { Place } from "../item.js";
import { detached } from "./detached.js";
import type { ObservedDecision } from "./observation.js";

/** Digits of an answer's digest that tell it from the other answers to a call. */
const ANSWER_LENGTH = 24;
/** Most calls have one answer, few have two. */
const IN_TEXT = 8 * ANSWER_LENGTH;

/** A call of a session. A source may have millions: what was yielded is kept in a few hundred bytes. */
export interface KnownCall {
  /** SHA-256 of what makes it this call, hexadecimal. */
  readonly digest: string;
  readonly ms: number;
  readonly position: number;
  readonly tool: string;
  readonly id: string | undefined;
  readonly agentId: string;
  readonly sessionId: string;
  readonly decision: string;
  /** What is to be yielded; absent once it was. */
  open: OpenCall | undefined;
  /** Digests of the answers so far; a few are one text. */
  answers: string | Set<string>;
  /** What was decided about it, where that is told apart from it. */
  decided: Decided | undefined;
}

/** What waits for the answer of a call. */
export interface OpenCall {
  readonly place: Place;
  readonly payload: JsonObject;
  /** Characters of its arguments. */
  readonly size: number;
}

/** A decision: its answers have it, too. */
export interface Decided {
  readonly decision: "allow" | "deny";
  readonly details: Readonly<Record<string, JsonValue>>;
  /** Until it was yielded, with the call, an answer or alone. */
  open: Pick<ObservedDecision, "place" | "time" | "result"> | undefined;
}

export function toDecided({ decision, details, place, time, result }: ObservedDecision): Decided {
  const own = Object.entries(details).map(([name, value]) => [
    name,
    typeof value === "string" ? detached(value) : value,
  ]);
  return { decision, details: Object.fromEntries(own) as Decided["details"], open: { place, time, result } };
}

/** @returns false when the call had this answer before */
export function addAnswer(call: KnownCall, digest: string): boolean {
  const name = digest.slice(0, ANSWER_LENGTH);
  const { answers } = call;
  if (typeof answers !== "string") {
    const { size } = answers;
    return answers.add(name).size > size;
  }
  if (answers === "") {
    call.answers = name;
    return true;
  }
  const names = new Set<string>();
  for (let at = 0; at < answers.length; at += ANSWER_LENGTH) names.add(answers.slice(at, at + ANSWER_LENGTH));
  if (names.has(name)) return false;
  call.answers = answers.length < IN_TEXT ? answers + name : names.add(name);
  return true;
}

export function hasAnswers({ answers }: KnownCall): boolean {
  return typeof answers !== "string" || answers !== "";
}
