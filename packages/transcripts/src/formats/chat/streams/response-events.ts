import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asText, isObject } from "../../../calls/values.js";
import { isToolItem } from "../../response-items.js";
import { UNFINISHED } from "../item-types.js";
import type { StreamAssembler } from "./stream.js";

const END = /^response\.(?:completed|incomplete|failed|done)$/;

/** Whether this is an event of a streamed response of the Responses API. What a client sends (`response.create`) is none. */
export function isResponseEvent(value: JsonObject): boolean {
  const { type } = value;
  if (typeof type !== "string" || type === "response.create") return false;
  if (typeof value.sequence_number === "number" && /^(?:response\.|error$|keepalive$)/.test(type)) return true;
  return (
    type.startsWith("response.") && (isObject(value.response) || isObject(value.item) || value.item_id !== undefined)
  );
}

/** Responses that are not finished; more than come at the same time to one log. */
const MOST_OPEN = 1000;
/** Their items. */
const MOST_ITEMS = 10_000;

interface OpenItem {
  /** The response that was begun last before the item. */
  readonly of: string;
  readonly item: JsonValue;
}

/**
 * Puts responses together. One that ends has all of its items. One that was cut off has those that were finished, and its
 * unfinished calls are marked: events name their item and not their response, so they are taken to be of the one begun last.
 */
export class ResponseEventAssembler implements StreamAssembler {
  /** Responses that have begun, by id. */
  readonly #open = new Map<string, JsonObject>();
  /** By id or place; those that were added and not finished are marked. */
  readonly #items = new Map<string, OpenItem>();
  #latest = "";

  add(event: JsonObject): JsonValue[] {
    const { item, response } = event;
    const id = isObject(response) ? (asText(response.id) ?? "") : this.#latest;
    if (event.type === "response.created" && isObject(response)) {
      this.#latest = id;
      this.#open.set(id, response);
      const [oldest] = this.#open.keys();
      return this.#open.size > MOST_OPEN && oldest !== undefined ? this.#cut(oldest) : [];
    }
    if (isObject(item)) {
      const name = asText(item.id) ?? `${this.#latest} ${event.output_index}`;
      const of = this.#items.get(name)?.of ?? this.#latest;
      if (event.type === "response.output_item.done") this.#items.set(name, { of, item });
      else if (isToolItem(item) && !this.#items.has(name)) this.#items.set(name, { of, item: { type: UNFINISHED } });
    }
    if (!END.test(String(event.type))) {
      const [oldest] = this.#items.values();
      return this.#items.size > MOST_ITEMS && oldest !== undefined ? this.#cut(oldest.of) : [];
    }
    const told = isObject(response) ? response : {};
    const output = Array.isArray(told.output) ? told.output : [];
    for (const one of output) if (isObject(one)) this.#items.delete(asText(one.id) ?? "");
    // Some gateways end a response without repeating its items.
    const items = output.length === 0 ? this.#take(id) : output;
    const whole = { ...this.#open.get(id), ...told, object: "response", output: items };
    this.#open.delete(id);
    return [whole];
  }

  end(): JsonValue[] {
    return [...new Set([...this.#open.keys(), ""])].flatMap((id) => this.#cut(id));
  }

  #cut(id: string): JsonValue[] {
    const output = this.#take(id);
    const response = this.#open.get(id) ?? {};
    this.#open.delete(id);
    return output.length === 0 ? [] : [{ ...response, object: "response", output }];
  }

  #take(id: string): JsonValue[] {
    const own = [...this.#items].filter(([, { of }]) => of === id);
    for (const [name] of own) this.#items.delete(name);
    return own.map(([, { item }]) => item);
  }
}
