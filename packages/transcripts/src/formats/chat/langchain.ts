import type { JsonObject } from "@agent-assembly/storage-core";
import { asId, isObject } from "../../calls/values.js";
import { isToolItem } from "../response-items.js";
import { addItem } from "./items.js";
import type { Message } from "./message.js";
import type { Parts } from "./part.js";

/** Blocks that repeat `tool_calls`, and those of tools that the provider ran, in the content of a message of LangChain. */
export function readStandardBlocks({ body, pointer }: Message, parts: Parts): void {
  if (!Array.isArray(body.content)) return;
  for (const [index, block] of body.content.entries()) {
    if (isObject(block)) readBlock(block, `${pointer}/content/${index}`, parts);
  }
}

function readBlock(block: JsonObject, place: string, parts: Parts): void {
  const id = asId(block.id);
  switch (block.type) {
    case "tool_call":
    case "invalid_tool_call":
    case "tool_call_chunk":
    case "server_tool_call":
      if (parts.hasCall(id)) parts.skip(place);
      else if (block.type !== "tool_call_chunk") parts.call(place, id, block.name, block.args);
      return;
    case "server_tool_call_result": {
      const error = block.status === "error" ? true : undefined;
      parts.answer(place, asId(block.toolCallId) ?? asId(block.tool_call_id), undefined, block.output, error);
      return;
    }
  }
  if (!isToolItem(block)) return;
  // An item of the Responses API, as its provider sent it.
  if (parts.hasCall(asId(block.call_id) ?? id)) parts.skip(place);
  else addItem(block, place, parts);
}

/** What the Responses API ran itself is beside the content. */
export function readToolOutputs({ body, pointer }: Message, parts: Parts): void {
  const extra = isObject(body.additional_kwargs) ? body.additional_kwargs.tool_outputs : undefined;
  if (!Array.isArray(extra)) return;
  for (const [index, item] of extra.entries()) {
    const place = `${pointer}/additional_kwargs/tool_outputs/${index}`;
    if (isObject(item) && !parts.hasCall(asId(item.call_id) ?? asId(item.id))) addItem(item, place, parts);
  }
}
