import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../../calls/values.js";
import type { StreamAssembler } from "./stream.js";

/** Whether this is an event of a streamed message of Anthropic's Messages API. */
export function isMessageEvent(value: JsonObject): boolean {
  switch (value.type) {
    case "message_start":
      return isObject(value.message);
    case "content_block_start":
      return isObject(value.content_block);
    case "content_block_delta":
    case "message_delta":
      return isObject(value.delta);
    case "content_block_stop":
      return typeof value.index === "number";
  }
  return false;
}

export function isBesideMessageEvents({ type }: JsonObject): boolean {
  return type === "message_stop" || type === "ping";
}

interface OpenBlock {
  readonly block: JsonObject;
  json: string;
  stopped: boolean;
}

/** Puts streamed messages together: the input of a tool comes as pieces of its text. */
export class MessageEventAssembler implements StreamAssembler {
  #message: JsonObject | undefined;
  readonly #blocks = new Map<JsonValue | undefined, OpenBlock>();

  add(event: JsonObject): JsonValue[] {
    const open = this.#blocks.get(event.index);
    const { delta } = event;
    if (event.type === "message_start") {
      const cut = this.end();
      this.#message = event.message as JsonObject;
      return cut;
    }
    if (event.type === "content_block_start") {
      this.#blocks.set(event.index, { block: event.content_block as JsonObject, json: "", stopped: false });
    } else if (event.type === "content_block_stop" && open !== undefined) open.stopped = true;
    else if (event.type === "content_block_delta" && open !== undefined && isObject(delta)) {
      if (typeof delta.partial_json === "string") open.json += delta.partial_json;
    }
    return event.type === "message_stop" ? this.end() : [];
  }

  end(): JsonValue[] {
    const content = [...this.#blocks.values()].map(({ block, json, stopped }): JsonValue => {
      if (!stopped) return { ...block, unfinished: true };
      return json === "" ? block : { ...block, input: json };
    });
    const message = this.#message ?? {};
    this.#blocks.clear();
    this.#message = undefined;
    return content.length === 0 ? [] : [{ ...message, role: "assistant", content }];
  }
}
