import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asId, asText, isObject } from "../../calls/values.js";
import type { Message } from "./message.js";
import type { Parts } from "./part.js";

/** Parts of messages of the AI SDK: those for models (`content`), those for user interfaces (`parts`), and `toolInvocations`. */
export function readToolParts({ body, pointer }: Message, parts: Parts): void {
  forEach(body.content, (part, index) => readModelPart(part, `${pointer}/content/${index}`, parts));
  let repeated = false;
  forEach(body.parts, (part, index) => {
    const place = `${pointer}/parts/${index}`;
    if (part.type === "tool-invocation" && isObject(part.toolInvocation)) {
      repeated = true;
      parts.skip(place);
      readUiPart(part.toolInvocation, `${place}/toolInvocation`, parts);
    } else if (isUiPart(part)) readUiPart(part, place, parts);
  });
  if (repeated) return;
  forEach(body.toolInvocations, (one, index) => readUiPart(one, `${pointer}/toolInvocations/${index}`, parts));
}

/** Whether a message has parts that only the AI SDK writes. */
export function hasToolParts({ content, parts, toolInvocations }: JsonObject): boolean {
  return (
    some(
      content,
      (part) => typeof part.type === "string" && /^tool-(?:call|result|error|approval-re)/.test(part.type),
    ) ||
    some(parts, (part) => isUiPart(part) || part.type === "tool-invocation") ||
    some(toolInvocations, (part) => part.toolCallId !== undefined)
  );
}

function readModelPart(part: JsonObject, place: string, parts: Parts): void {
  const id = asId(part.toolCallId);
  switch (part.type) {
    case "tool-call":
      parts.call(place, id, part.toolName, part.input ?? part.args, {
        providerExecuted: part.providerExecuted === true ? true : undefined,
        error: part.invalid === true ? true : undefined,
      });
      return;
    case "tool-result": {
      const { result, error, denied } = outputOf(part);
      const more = denied ? { decision: "deny" as const } : {};
      parts.answer(place, id, asText(part.toolName), result, error, more);
      return;
    }
    case "tool-error":
      parts.answer(place, id, asText(part.toolName), part.error ?? part.errorText, true);
      return;
    case "tool-approval-request": {
      const call = isObject(part.toolCall) ? part.toolCall : undefined;
      const callId = id ?? asId(call?.toolCallId);
      if (call !== undefined && !parts.hasCall(callId)) readModelPart(call, `${place}/toolCall`, parts);
      readRequest(part.approvalId, callId, part.isAutomatic, place, parts);
      return;
    }
    case "tool-approval-response": {
      const { approved } = part;
      if (typeof approved !== "boolean")
        parts.notRead(place, "is a response to a request for approval, and has no answer");
      else parts.decision(place, { approvalId: asId(part.approvalId), approved, reason: asText(part.reason) });
      return;
    }
    case "tool-output-denied":
      parts.answer(place, id, asText(part.toolName), null, true, { decision: "deny" });
  }
}

function isUiPart(part: JsonObject): boolean {
  if (part.type === "dynamic-tool") return true;
  return typeof part.type === "string" && part.type.startsWith("tool-") && part.toolCallId !== undefined;
}

/** A call with its state, in a message for a user interface. Before AI SDK 5 it has the name of the tool and `args`. */
function readUiPart(part: JsonObject, place: string, parts: Parts): void {
  const id = asId(part.toolCallId);
  const { state } = part;
  if (state === "input-streaming" || state === "partial-call") {
    parts.unfinished(place);
    return;
  }
  const type = typeof part.type === "string" && part.type.startsWith("tool-") ? part.type : undefined;
  const tool = type?.slice("tool-".length) ?? part.toolName;
  parts.call(place, id, tool, part.input ?? part.rawInput ?? part.args, {
    providerExecuted: part.providerExecuted === true ? true : undefined,
  });
  const { approval } = part;
  const source = isObject(approval) && approval.isAutomatic === true ? "rule" : "user";
  if (isObject(approval) && typeof approval.approved === "boolean") {
    const { approved, reason } = approval;
    parts.decision(place, { callId: id, approved, reason: asText(reason), source });
  } else if (isObject(approval)) readRequest(approval.id, id, approval.isAutomatic, place, parts);
  const details = part.preliminary === true ? { details: { preliminary: true } } : {};
  if (state === "output-error") parts.answer(place, id, undefined, part.errorText, true);
  else if (state === "output-denied") {
    const reason = isObject(approval) ? asText(approval.reason) : undefined;
    parts.answer(place, id, undefined, reason, true, { decision: "deny" });
  } else if (state === "output-available" || part.output !== undefined) {
    parts.answer(place, id, undefined, part.output, undefined, details);
  } else if (state === "result" || part.result !== undefined)
    parts.answer(place, id, undefined, part.result, undefined);
}

function readRequest(
  approvalId: JsonValue | undefined,
  callId: string | undefined,
  automatic: JsonValue | undefined,
  place: string,
  parts: Parts,
): void {
  const id = asId(approvalId);
  if (id === undefined) parts.notRead(place, "is a request for approval without an id");
  else parts.asked(place, id, callId, automatic === true);
}

interface Output {
  readonly result: JsonValue | undefined;
  readonly error?: true | undefined;
  readonly denied?: true;
}

/** Outputs are typed in messages; results of steps have them plain, and so had messages before AI SDK 5. */
function outputOf(part: JsonObject): Output {
  const { output } = part;
  if (output === undefined) return { result: part.result, error: part.isError === true ? true : undefined };
  if (!isObject(output)) return { result: output };
  switch (output.type) {
    case "execution-denied":
      return { result: output.reason ?? null, error: true, denied: true };
    case "error-text":
    case "error-json":
      return { result: output.value, error: true };
    case "text":
    case "json":
    case "content":
      return output.value === undefined ? { result: output } : { result: output.value };
  }
  return { result: output };
}

function forEach(list: JsonValue | undefined, visit: (part: JsonObject, index: number) => void): void {
  if (!Array.isArray(list)) return;
  for (const [index, part] of list.entries()) if (isObject(part)) visit(part, index);
}

function some(list: JsonValue | undefined, test: (part: JsonObject) => boolean): boolean {
  return Array.isArray(list) && list.some((part) => isObject(part) && test(part));
}
