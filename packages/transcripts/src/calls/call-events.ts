import type { JsonObject, JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { digestOf, eventIdAt } from "./identity.js";
import type { Decided, KnownCall } from "./known-call.js";
import type { ObservedAnswer } from "./observation.js";
import type { ReadTime } from "./times.js";

/** The event of a call. */
export function callEvent(call: KnownCall, payload: JsonObject, decision: string): NewAuditEvent {
  const { ms, agentId, sessionId } = call;
  return { ts: new Date(ms), eventId: callId(call), agentId, sessionId, action: "tool_call", decision, payload };
}

/**
 * The event of an answer that is one of its own.
 * @param content digest of the answer
 */
export function answerEvent(
  call: KnownCall,
  answer: ObservedAnswer,
  result: JsonValue,
  content: string,
): NewAuditEvent {
  const payload: Record<string, JsonValue> = { ...answer.details, result };
  if (hasFailed(answer.error)) payload.error = answer.error;
  return aboutCall(call, "tool_result", answer.decision ?? call.decision, payload, answer.time, content);
}

/** The event of a decision about a call without an answer. */
export function decisionEvent(
  call: KnownCall,
  { decision, details }: Decided,
  time: ReadTime | undefined,
): NewAuditEvent {
  return aboutCall(call, "policy_decision", decision, details, time, digestOf(decision));
}

function aboutCall(
  call: KnownCall,
  action: string,
  decision: string,
  more: Readonly<Record<string, JsonValue>>,
  time: ReadTime | undefined,
  content: string,
): NewAuditEvent {
  const { tool, id, ms, position, digest, agentId, sessionId } = call;
  const payload: JsonObject = { tool, call: callId(call), ...more };
  if (id !== undefined) payload.toolCallId = id;
  if (time === undefined) payload.timeAssumed = true;
  const named = digestOf(digest, content);
  const eventId = eventIdAt(2 * position + 1, named);
  return { ts: new Date(time?.ms ?? ms), eventId, agentId, sessionId, action, decision, payload };
}

function callId({ position, digest }: KnownCall): string {
  return eventIdAt(2 * position, digest);
}

/** Whether an answer tells of a failure. */
export function hasFailed(error: JsonValue | undefined): error is JsonValue {
  return error !== undefined && error !== false && error !== null;
}
