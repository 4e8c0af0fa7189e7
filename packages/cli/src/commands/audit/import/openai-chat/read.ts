import type { JsonObject, NewAuditEvent } from "@agent-assembly/storage-core";
import { jsonProblem } from "@agent-assembly/storage-core/backend";
import type { ByteSource } from "../../../../terminal/input.js";
import type { ImportItem, Place } from "../item.js";
import { type Conversation, findConversations, readDocuments } from "./conversations.js";
import { agentOf, CallIdentity, sessionOf } from "./identity.js";
import { callTime, DEFAULT_START } from "./times.js";
import { type ToolCall, toolCallsOf } from "./tool-calls.js";

export interface OpenAiChatOptions {
  /** Whose calls these are; default the model's name, or `agent`. */
  readonly agentId?: string | undefined;
  /** Time of the first call of a transcript without times. */
  readonly start?: Date | undefined;
  /** Told the number of conversations read so far. */
  readonly onConversation?: (count: number) => void;
}

/** Reads chat-completions transcripts: every tool call becomes one event. */
export async function* readOpenAiChat(source: ByteSource, options: OpenAiChatOptions = {}): AsyncGenerator<ImportItem> {
  let index = 0;
  let documents = 0;
  for await (const document of readDocuments(source)) {
    documents++;
    if ("problem" in document) {
      yield { place: document.place ?? { at: "the file" }, problem: document.problem };
      continue;
    }
    // Deeper than any store takes; walking it would exhaust the stack.
    const unusable = jsonProblem(document.value);
    if (unusable !== undefined) {
      yield { place: document.place ?? { at: "the file" }, problem: unusable };
      continue;
    }
    let found = 0;
    for (const conversation of findConversations(document.value)) {
      yield* eventsOf(conversation, index, document.place, options);
      index++;
      found++;
      options.onConversation?.(index);
    }
    if (found === 0) {
      yield {
        place: document.place ?? { at: "the file" },
        problem: "holds no conversation: a list of messages, each an object with a role, was expected under some key",
      };
    }
  }
  if (documents === 0) yield { place: { at: "the file" }, problem: "is empty" };
}

function* eventsOf(
  conversation: Conversation,
  index: number,
  place: Place | undefined,
  options: OpenAiChatOptions,
): Generator<ImportItem> {
  const agentId = options.agentId ?? agentOf(conversation);
  const sessionId = sessionOf(conversation, index);
  const identity = new CallIdentity(conversation, index, agentId, sessionId);
  for (const [callIndex, call] of toolCallsOf(conversation.messages).entries()) {
    const position = `conversation ${index + 1}, call ${callIndex + 1}`;
    const at = place === undefined ? { at: position } : { line: place.line as number, at: `${place.at}, ${position}` };
    if (call.tool === "") {
      yield { place: at, problem: "the tool call has no function name" };
      continue;
    }
    const event: NewAuditEvent = {
      ts: callTime(conversation, index, call, callIndex, options.start ?? DEFAULT_START),
      eventId: identity.of(call, callIndex),
      agentId,
      sessionId,
      action: "tool_call",
      decision: "allow",
      payload: payloadOf(call),
    };
    yield { place: at, event };
  }
}

function payloadOf(call: ToolCall): JsonObject {
  return {
    tool: call.tool,
    arguments: call.arguments,
    ...(call.result === undefined ? {} : { result: call.result }),
    ...(call.id === undefined ? {} : { toolCallId: call.id }),
  };
}
