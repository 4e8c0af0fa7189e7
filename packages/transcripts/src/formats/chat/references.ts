import type { JsonValue } from "@agent-assembly/storage-core";
import { detached, detachedValue } from "../../calls/detached.js";
import { RecentMap } from "../../calls/recent.js";
import { asText, isObject } from "../../calls/values.js";
import { isToolItem } from "../response-items.js";
import type { Turn } from "./conversations.js";

/** Calls that an `item_reference` may stand for. */
const MOST_ITEMS = 1000;

/** The Responses API takes the id of an item in place of the item. Calls of the same source are put in their places. */
export class ItemReferences {
  readonly #calls = new RecentMap<string, JsonValue>(MOST_ITEMS);

  resolve(turns: readonly Turn[]): readonly Turn[] {
    // Messages with a role are none, and have none.
    if (turns.every(({ item }) => isObject(item) && item.role !== undefined)) return turns;
    return turns.map((turn) => {
      const { item } = turn;
      const id = isObject(item) ? asText(item.id) : undefined;
      if (!isObject(item) || id === undefined) return turn;
      if (item.type === "item_reference") return { ...turn, item: this.#calls.get(id) ?? item };
      if (isToolItem(item) && !String(item.type).endsWith("_output"))
        this.#calls.set(detached(id), detachedValue(item));
      return turn;
    });
  }
}
