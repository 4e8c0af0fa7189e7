import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asId, isObject } from "../../calls/values.js";
import type { Message } from "./message.js";
import type { Parts } from "./part.js";

/** The blocks of a message's content that make calls: of tools of the client, of the server and of MCP servers. */
const USE = /^(?:\w+_)?tool_use$/;
const RESULT = /^(?:\w+_)?tool_result$/;

/** `tool_use` and `tool_result` blocks. */
export function readBlocks({ body, pointer }: Message, parts: Parts): void {
  if (!Array.isArray(body.content)) return;
  for (const [index, block] of body.content.entries()) {
    if (isObject(block) && typeof block.type === "string" && block.type !== "text")
      readBlock(block, block.type, `${pointer}/content/${index}`, parts);
  }
}

function readBlock(block: JsonObject, type: string, place: string, parts: Parts): void {
  if (USE.test(type)) {
    const id = asId(block.id);
    // LangChain lists a call beside the block it was made of.
    if (parts.hasCall(id)) parts.skip(place);
    else if (block.unfinished === true) parts.unfinished(place);
    else parts.call(place, id, block.name, block.input, { server: block.server_name });
  } else if (RESULT.test(type)) {
    const error = block.is_error === true || failed(block.content) ? true : undefined;
    parts.answer(place, asId(block.tool_use_id), undefined, block.content, error);
  }
}

/** Tools of the server answer with an object whose type says that they failed. */
function failed(content: JsonValue | undefined): boolean {
  return isObject(content) && typeof content.type === "string" && content.type.endsWith("_error");
}
