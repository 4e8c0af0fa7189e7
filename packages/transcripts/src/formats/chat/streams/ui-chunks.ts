import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asText, isObject } from "../../../calls/values.js";
import type { StreamAssembler } from "./stream.js";

const OF_TOOL =
  /^tool-(?:input-(?:start|delta|available|error)|output-(?:available|error|denied)|approval-re(?:quest|sponse))$/;
const OF_STEP = /^(?:(?:start|finish|reset)-step|(?:text|reasoning)-(?:start|delta|end))$/;
/** Members of the chunks whose types are words of others, too. */
const PLAIN: ReadonlyMap<string, readonly string[]> = new Map([
  ["start", ["messageId", "messageMetadata"]],
  ["finish", ["finishReason", "messageMetadata"]],
  ["abort", ["reason"]],
  ["error", ["errorText"]],
]);

/** Whether this is a chunk of a stream for a user interface that only the AI SDK writes. */
export function isUiChunk(value: JsonObject): boolean {
  const { type } = value;
  if (typeof type !== "string") return false;
  return OF_TOOL.test(type) || OF_STEP.test(type) || (type === "start" && isBesideUiChunks(value));
}

/** Calls and answers of a message; more than a model makes in one. */
const MOST_PARTS = 1000;

/** The parts that say the same in messages for models. */
const ANSWERS: ReadonlyMap<string, string> = new Map([
  ["tool-output-available", "tool-result"],
  ["tool-output-error", "tool-error"],
]);

/** Whether this may stand among such chunks. */
export function isBesideUiChunks(value: JsonObject): boolean {
  const { type, ...others } = value;
  if (typeof type !== "string") return false;
  const members = PLAIN.get(type);
  if (members !== undefined) return Object.keys(others).every((member) => members.includes(member));
  return /^(?:data-|source-|(?:reasoning-)?file$|custom$|message-metadata$|steering-message$)/.test(type);
}

/** Puts a message for a user interface together, as the AI SDK keeps it; a later stream may continue it. */
export class UiChunkAssembler implements StreamAssembler {
  #id: string | undefined;
  #parts = new Map<string, JsonObject>();
  /** Answers to calls of earlier messages. */
  #answers: JsonObject[] = [];
  /** The calls of requests for approval. */
  readonly #asked = new Map<string, string>();
  #ended = false;

  add(chunk: JsonObject): JsonValue[] {
    if (chunk.type === "start") {
      const id = asText(chunk.messageId);
      if (id !== undefined && id === this.#id) return [];
      const whole = this.end();
      this.#id = id;
      return whole;
    }
    this.#ended = chunk.type === "finish" || chunk.type === "abort";
    if (typeof chunk.type !== "string" || !OF_TOOL.test(chunk.type)) return [];
    const complete = this.#isFull(chunk, chunk.type) ? this.end() : [];
    this.#tool(chunk, chunk.type);
    return complete;
  }

  /** Whether this goes into another message; a call and its answer stay together. */
  #isFull({ toolCallId }: JsonObject, type: string): boolean {
    if (this.#answers.length >= MOST_PARTS) return true;
    return this.#parts.size >= MOST_PARTS && type.startsWith("tool-input-") && !this.#parts.has(String(toolCallId));
  }

  /** It is kept, and repeated when more comes. */
  finished(): JsonValue[] {
    return this.#ended ? this.#whole() : [];
  }

  end(): JsonValue[] {
    const whole = this.#whole();
    this.#parts = new Map();
    this.#answers = [];
    this.#asked.clear();
    this.#id = undefined;
    this.#ended = false;
    return whole;
  }

  #whole(): JsonValue[] {
    const parts = [...this.#parts.values()];
    const [id, content] = [this.#id, this.#answers];
    if (parts.length === 0 && content.length === 0) return [];
    return [{ ...(id === undefined ? {} : { id }), role: "assistant", parts, content }];
  }

  #tool(chunk: JsonObject, type: string): void {
    const approvalId = String(chunk.approvalId);
    const id = asText(chunk.toolCallId) ?? this.#asked.get(approvalId) ?? "";
    const known = this.#parts.get(id);
    const approval = isObject(known?.approval) ? known.approval : {};
    const set = (members: JsonObject): void => {
      this.#parts.set(id, { ...known, ...members });
    };
    if (known === undefined && !type.startsWith("tool-input-")) {
      this.#answers.push({ ...chunk, type: ANSWERS.get(type) ?? type });
      return;
    }
    switch (type) {
      case "tool-input-start":
        set({ ...calledAs(chunk), state: "input-streaming" });
        return;
      case "tool-input-available":
        set({ ...calledAs(chunk), state: "input-available", input: chunk.input ?? null });
        return;
      case "tool-input-error":
        set({
          ...calledAs(chunk),
          state: "output-error",
          input: chunk.input ?? null,
          errorText: chunk.errorText ?? null,
        });
        return;
      case "tool-output-available":
        set({ state: "output-available", output: chunk.output ?? null, preliminary: chunk.preliminary === true });
        return;
      case "tool-output-error":
        set({ state: "output-error", errorText: chunk.errorText ?? null });
        return;
      case "tool-output-denied":
        set({ state: "output-denied" });
        return;
      case "tool-approval-request":
        this.#asked.set(approvalId, id);
        set({ state: "approval-requested", approval: { id: approvalId, isAutomatic: chunk.isAutomatic === true } });
        return;
      case "tool-approval-response": {
        const { approved = null, reason = null } = chunk;
        set({ state: "approval-responded", approval: { ...approval, approved, reason } });
      }
    }
  }
}

function calledAs({ toolName, toolCallId, providerExecuted }: JsonObject): JsonObject {
  const ran = providerExecuted === true ? { providerExecuted } : {};
  return { type: "dynamic-tool", toolName: toolName ?? null, toolCallId: toolCallId ?? null, ...ran };
}
