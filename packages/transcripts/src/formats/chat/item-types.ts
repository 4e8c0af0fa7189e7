import type { JsonObject } from "@agent-assembly/storage-core";
import { isToolItem } from "../response-items.js";

/** Items that stand among those of a conversation, and are neither messages nor calls. */
const BESIDE: readonly unknown[] = [
  "item_reference",
  "compaction",
  "compaction_trigger",
  "mcp_list_tools",
  "additional_tools",
];

/** The type of what a stream left unfinished. */
export const UNFINISHED = "unfinished_call";

/** Whether an object is an item of the Responses API without a role. */
export function isItem(item: JsonObject): boolean {
  if (isToolItem(item) || BESIDE.includes(item.type) || item.type === UNFINISHED) return true;
  return item.type === "reasoning" && (Array.isArray(item.summary) || item.encrypted_content !== undefined);
}
