import { createHash, type Hash } from "node:crypto";
import { canonicalJson, type JsonObject, type JsonValue } from "@agent-assembly/storage-core";
import { uuidV8 } from "@agent-assembly/storage-core/backend";
import type { Conversation } from "./conversations.js";
import type { ToolCall } from "./tool-calls.js";

const SESSION_KEYS = [
  "session_id",
  "sessionId",
  "conversation_id",
  "conversationId",
  "thread_id",
  "threadId",
  "run_id",
  "runId",
  "id",
];

/** The session a conversation belongs to: an id given in the file, a task and trial number, or else its position. */
export function sessionOf(conversation: Conversation, index: number): string {
  for (const object of conversation.around) {
    const id = firstText(object, SESSION_KEYS);
    if (id !== undefined) return id;
    const task = firstText(object, ["task_id", "taskId"]);
    if (task === undefined) continue;
    const trial = firstText(object, ["trial", "trial_id"]);
    return trial === undefined ? `task-${task}` : `task-${task}/trial-${trial}`;
  }
  return `conversation-${index + 1}`;
}

/** The model a conversation was held with, or `agent` where the file names none. */
export function agentOf(conversation: Conversation): string {
  for (const object of conversation.around) {
    const model = firstText(object, ["model", "model_name"]);
    if (model !== undefined) return model;
  }
  return "agent";
}

function firstText(object: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = object[key];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return undefined;
}

/**
 * A UUID of version 8 made from where a call stands and what it is, so that importing a file again finds its events
 * already there. The text before the call counts too: it keeps equal calls of different conversations apart.
 */
export class CallIdentity {
  readonly #prefix: Hash;
  #hashed = 0;

  constructor(
    private readonly conversation: Conversation,
    private readonly index: number,
    agentId: string,
    sessionId: string,
  ) {
    this.#prefix = createHash("sha256").update(canonicalJson(["openai-chat", index, agentId, sessionId]));
  }

  /** Calls must come in order. */
  of(call: ToolCall, callIndex: number): string {
    for (; this.#hashed <= call.messageIndex; this.#hashed++) {
      this.#prefix.update(canonicalJson(this.conversation.messages[this.#hashed] as JsonValue));
    }
    const content = [this.index, callIndex, call.tool, call.arguments, call.id ?? null, call.result ?? null];
    return uuidV8(this.#prefix.copy().update(canonicalJson(content)).digest());
  }
}
