import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import type { TranscriptFormat } from "../../format-names.js";
import type { Format } from "../format.js";
import { isToolItem } from "../response-items.js";
import { hasToolParts } from "./ai-sdk.js";
import { findConversations } from "./conversations.js";
import { isItem } from "./item-types.js";
import { toMessage } from "./message.js";
import { ChatReader } from "./reader.js";
import { eventsIn } from "./streams/index.js";

/**
 * The formats of chat messages. They are read by one reader, because a log of a gateway has several of them, and are told
 * apart by how a message makes calls.
 */
export const openAiChat = chatFormat(
  "openai-chat",
  (item) =>
    calls(item).some((call) => isObject(call.function) || isObject(call.custom)) || isObject(item.function_call),
);

export const openAiResponses = chatFormat("openai-responses", isToolItem);

export const anthropic = chatFormat("anthropic", (item) =>
  blocks(item).some((type) => /tool_(use|result)$/.test(type)),
);

export const langchain = chatFormat("langchain", (item) => {
  if (isItem(item)) return false;
  const body = toMessage(item)?.body ?? item;
  const wrapped = typeof item.role !== "string" && toMessage(item) !== undefined;
  return wrapped || calls(body).some((call) => call.args !== undefined && !isObject(call.function));
});

export const aiSdk = chatFormat("ai-sdk", hasToolParts);

function chatFormat(name: TranscriptFormat, isOwn: (item: JsonObject) => boolean): Format {
  return {
    name,
    evidence: (value) => {
      const events = eventsIn(value);
      if (events?.certain === true) return events.format === name ? 2 : 0;
      const items = findConversations(value).flatMap(({ turns }) => turns.map(({ item }) => item));
      // Messages alone tell no format: they are read as those of the first one.
      const own = items.filter((item) => isObject(item) && isOwn(item)).length * 2;
      return name === "openai-chat" && items.length > 0 ? own + 1 : own;
    },
    open: (options) => new ChatReader(name, options),
  };
}

function calls(item: JsonObject): JsonObject[] {
  return Array.isArray(item.tool_calls) ? item.tool_calls.filter(isObject) : [];
}

function blocks(item: JsonObject): string[] {
  const content = Array.isArray(item.content) ? item.content : [];
  return content.flatMap((block: JsonValue) => (isObject(block) && typeof block.type === "string" ? [block.type] : []));
}
