import type { ObservedAnswer, ObservedCall } from "../../calls/observation.js";
import type { ReadTime } from "../../calls/times.js";
import type { Place } from "../../item.js";
import type { AnswerPart, CallPart } from "./part.js";

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
