import type { JsonValue } from "@agent-assembly/storage-core";

/** From this length on a part of a text holds all of it. */
const SHARED_LENGTH = 13;

/** The same text, for keeping: one that was cut out of a line would keep the whole line in memory. */
export function detached(text: string): string {
  return text.length < SHARED_LENGTH ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/** The same of all texts in a value. */
export function detachedValue(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

/** Keeps each text once; few of many are different. */
export class TextPool {
  readonly #known = new Map<string, string>();

  constructor(private readonly most = 1000) {}

  get(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const own = detached(text);
    if (this.#known.size < this.most) this.#known.set(own, own);
    return own;
  }
}
