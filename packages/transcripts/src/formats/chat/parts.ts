import { isObject } from "../../calls/values.js";
import { readBlocks } from "./anthropic.js";
import type { Message } from "./message.js";
import { readToolCalls, readToolMessage } from "./openai.js";
import { Parts } from "./part.js";

/** Block types that were read, or hold no call. */
const KNOWN_BLOCK = /^(?:\w+_)?tool_(?:use|result)$|^tool_reference$/;

/** The calls and answers of a message. */
export function partsOf(message: Message): Parts["list"] {
  const parts = new Parts();
  readToolCalls(message, parts);
  readBlocks(message, parts);
  if (!parts.list.some(({ kind }) => kind === "answer")) readToolMessage(message, parts);
  nameUnknownBlocks(message, parts);
  return parts.list;
}

/** A block whose type speaks of a tool or function, and which no dialect read, is not left out in silence. */
function nameUnknownBlocks({ body, pointer }: Message, parts: Parts): void {
  for (const member of ["content", "parts"] as const) {
    const blocks = body[member];
    if (!Array.isArray(blocks)) continue;
    for (const [index, block] of blocks.entries()) {
      const type = isObject(block) ? block.type : undefined;
      if (typeof type !== "string" || !/tool|function/i.test(type) || KNOWN_BLOCK.test(type)) continue;
      parts.notRead(`${pointer}/${member}/${index}`, "is a block of a tool, of a type that is not known");
    }
  }
}
