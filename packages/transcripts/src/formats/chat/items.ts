import type { JsonObject } from "@agent-assembly/storage-core";
import { readItem } from "../response-items.js";
import { isItem, UNFINISHED } from "./item-types.js";
import type { Message } from "./message.js";
import type { Parts } from "./part.js";

/** Reads a message that is an item of the Responses API. */
export function readItemOf({ role, body, pointer }: Message, parts: Parts): boolean {
  if (role !== undefined || !isItem(body)) return false;
  addItem(body, pointer, parts);
  return true;
}

/** What an item says. */
export function addItem(body: JsonObject, pointer: string, parts: Parts): void {
  if (body.type === UNFINISHED) {
    parts.unfinished(pointer);
    return;
  }
  const item = readItem(body);
  if (item === undefined) return;
  if (item.kind === "bad") parts.notRead(pointer, item.reason);
  else if (item.kind === "answer") {
    parts.answer(pointer, item.id, item.tool, item.output, item.error, { details: item.details });
  } else if (item.kind === "decision") {
    parts.decision(pointer, { callId: item.id, approved: item.approved, reason: item.reason });
  } else {
    parts.call(pointer, item.id, item.tool, item.arguments, item.details, item.sameById);
    const { outcome } = item;
    if (outcome !== undefined) parts.answer(pointer, item.id, item.tool, outcome.result, outcome.error);
  }
}
