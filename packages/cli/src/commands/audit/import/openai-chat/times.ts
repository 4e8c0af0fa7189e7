import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { parseIsoTime } from "../../../../args/time.js";
import type { Conversation } from "./conversations.js";
import type { ToolCall } from "./tool-calls.js";

/** Where transcripts without times begin: late enough to be read as made up, early enough not to lie ahead. */
export const DEFAULT_START = new Date("2024-01-01T00:00:00.000Z");

const CONVERSATION_MS = 60_000;
const CALL_MS = 1000;
const TIME_KEYS = ["timestamp", "created_at", "createdAt", "created"];

/** A call's time: its message's own where there is one, else counted from the conversation's. */
export function callTime(
  conversation: Conversation,
  index: number,
  call: ToolCall,
  callIndex: number,
  start: Date,
): Date {
  const message = conversation.messages[call.messageIndex];
  const own = message === undefined ? undefined : timeIn(message);
  if (own !== undefined) return own;
  const begun = conversation.around.map(timeIn).find((time) => time !== undefined);
  const base = begun?.getTime() ?? start.getTime() + index * CONVERSATION_MS;
  return new Date(base + callIndex * CALL_MS);
}

function timeIn(object: JsonObject): Date | undefined {
  for (const key of TIME_KEYS) {
    const time = toTime(object[key]);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** ISO text, or seconds since the epoch as the API's `created` has them; milliseconds by their size. */
function toTime(value: JsonValue | undefined): Date | undefined {
  if (typeof value === "string") return parseIsoTime(value);
  if (typeof value !== "number" || value < 1e9 || value > 1e13) return undefined;
  return new Date(Math.trunc(value < 1e11 ? value * 1000 : value));
}
