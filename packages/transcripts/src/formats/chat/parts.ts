import { isObject } from "../../calls/values.js";
import { readToolParts } from "./ai-sdk.js";
import { readBlocks } from "./anthropic.js";
import type { Turn } from "./conversations.js";
import { readItemOf } from "./items.js";
import { readStandardBlocks, readToolOutputs } from "./langchain.js";
import { type Message, toMessage } from "./message.js";
import { readToolCalls, readToolMessage } from "./openai.js";
import { type Part, Parts } from "./part.js";

/** The calls and answers of a message. */
export function partsOf(message: Message): readonly Part[] {
  const parts = new Parts();
  if (readItemOf(message, parts)) return parts.list;
  const { body } = message;
  const blocks = Array.isArray(body.content) || Array.isArray(body.parts);
  readToolCalls(message, parts);
  const before = parts.list.length;
  if (blocks) readBlocks(message, parts);
  if (isReadWhole(message, parts.list.length - before)) return parts.list;
  if (blocks || Array.isArray(body.toolInvocations)) readToolParts(message, parts);
  if (blocks) readStandardBlocks(message, parts);
  readToolOutputs(message, parts);
  if (!parts.has("answer") && !parts.has("decision")) readToolMessage(message, parts);
  if (blocks) nameUnknownBlocks(message, parts);
  return parts.list;
}

/** Whether all of a message was read, block by block: each type of block is of one dialect only. */
function isReadWhole({ role, body }: Message, read: number): boolean {
  const { content, parts, toolInvocations, additional_kwargs: more } = body;
  if (!Array.isArray(content) || read === 0 || read !== content.length) return false;
  return (
    parts === undefined && toolInvocations === undefined && more === undefined && role !== "tool" && role !== "function"
  );
}

/** An item of a conversation, and what it says. */
export interface ReadTurn extends Turn {
  readonly message: Message | undefined;
  readonly parts: readonly Part[];
}

export function readTurn(turn: Turn): ReadTurn {
  const message = toMessage(turn.item);
  const { item, pointer, within, line } = turn;
  return { item, pointer, within, line, message, parts: message === undefined ? [] : partsOf(message) };
}

/** A block whose type speaks of a tool or function, and which no dialect read, is not left out in silence. */
function nameUnknownBlocks({ body, pointer }: Message, parts: Parts): void {
  for (const member of ["content", "parts"] as const) {
    const blocks = body[member];
    if (!Array.isArray(blocks)) continue;
    for (const [index, block] of blocks.entries()) {
      const type = isObject(block) ? block.type : undefined;
      // What begins with `data-` is of the application.
      if (typeof type !== "string" || !/tool|function|_call/i.test(type) || /^data-|^tool_reference$/.test(type))
        continue;
      const place = `${pointer}/${member}/${index}`;
      if (!parts.isRead(place)) parts.notRead(place, "is a block of a tool, of a type that is not known");
    }
  }
}
