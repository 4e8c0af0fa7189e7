import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";

/** `tc://` in logs of 2024. */
const REFERENCE = /^(?:attachment|tc):\/\/(.+)$/;

/** The texts that a log keeps once for each sample, and refers to by their digest. */
export class Attachments {
  /** References to texts that are not there. */
  missing = 0;
  readonly #texts: JsonObject;

  constructor(...maps: readonly (JsonValue | undefined)[]) {
    this.#texts = maps.find(isObject) ?? {};
  }

  /** A value with the texts in place of the references to them. */
  resolve(value: JsonValue | undefined): JsonValue | undefined {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.resolve(item) ?? null);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.resolve(member) ?? null]));
  }

  #text(value: string): string {
    const name = REFERENCE.exec(value)?.[1];
    if (name === undefined) return value;
    const text = Object.hasOwn(this.#texts, name) ? this.#texts[name] : undefined;
    if (typeof text === "string") return text;
    this.missing++;
    return value;
  }
}
