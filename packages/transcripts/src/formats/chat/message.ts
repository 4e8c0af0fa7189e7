import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import { isItem } from "./item-types.js";

/** A chat message in one form, whichever it was written in. */
export interface Message {
  /** `user`, `assistant`, `tool`, ...; absent where the source does not say. */
  readonly role: string | undefined;
  readonly body: JsonObject;
  /** Where the body is in the item. */
  readonly pointer: string;
}

const LANGCHAIN_ROLES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    human: "user",
    ai: "assistant",
    AIMessageChunk: "assistant",
    tool: "tool",
    system: "system",
    developer: "system",
    function: "function",
    chat: "user",
    generic: "user",
    remove: "remove",
  }),
);

/** The message that an item of a list is, or `undefined` when it is none. */
export function toMessage(item: JsonValue | undefined): Message | undefined {
  if (!isObject(item)) return undefined;
  if (typeof item.role === "string") return { role: item.role, body: item, pointer: "" };
  if (isItem(item)) return { role: undefined, body: item, pointer: "" };
  const constructed = fromConstructor(item);
  if (constructed !== undefined) return constructed;
  const role = typeof item.type === "string" ? LANGCHAIN_ROLES.get(item.type) : undefined;
  if (role !== undefined && isObject(item.data)) return { role, body: item.data, pointer: "/data" };
  if (role !== undefined && item.content !== undefined) return { role, body: item, pointer: "" };
  if (makesCalls(item)) return { role: undefined, body: item, pointer: "" };
  return undefined;
}

/** What LangChain's `dumps` writes: `{ lc, type: "constructor", id: [..., "AIMessage"], kwargs }`. */
function fromConstructor(item: JsonObject): Message | undefined {
  if (item.type !== "constructor" || !isObject(item.kwargs) || !Array.isArray(item.id)) return undefined;
  const name = item.id.at(-1);
  const role =
    typeof name === "string" ? /^(Human|AI|Tool|System|Function|Chat)Message(Chunk)?$/.exec(name)?.[1] : undefined;
  if (role === undefined) return undefined;
  return { role: LANGCHAIN_ROLES.get(role.toLowerCase()), body: item.kwargs, pointer: "/kwargs" };
}

function makesCalls(item: JsonObject): boolean {
  return Array.isArray(item.tool_calls) || isObject(item.function_call);
}
