import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { asId, asText } from "../../calls/values.js";
import { marksOf, marksOfResource, type Names } from "./names.js";
import type { OtlpAttributes } from "./records.js";

/** Reads the attributes of one record, and knows which of them were read. */
export class AttributeReader {
  readonly #own: OtlpAttributes;
  readonly #resource: OtlpAttributes;
  /** Tells at once that a record has none of a list of names, which is so for nearly all lists. */
  readonly #marks: number;
  readonly #taken = new Set<string>();

  constructor(own: OtlpAttributes, resource: OtlpAttributes) {
    this.#own = own;
    this.#resource = resource;
    this.#marks = marksOf(own);
  }

  get names(): Iterable<string> {
    return this.#own.keys();
  }

  has(name: string): boolean {
    return this.peek(name) !== undefined;
  }

  /** Without taking it. */
  peek(name: string): JsonValue | undefined {
    const value = this.#own.get(name);
    return value === null || value === "" ? undefined : value;
  }

  /** The first of these names that an attribute has. */
  nameOf(names: Names): string | undefined {
    return (this.#marks & names.mark) === 0 ? undefined : names.list.find((name) => this.has(name));
  }

  /** The first of these attributes that is there. The others are taken too where they say the same under an older name. */
  take(names: Names): JsonValue | undefined {
    return (this.#marks & names.mark) === 0 ? undefined : this.#takeFrom(names.list, 0);
  }

  takeOne(name: string): JsonValue | undefined {
    const value = this.peek(name);
    if (value !== undefined) this.#taken.add(name);
    return value;
  }

  /** The first of these attributes that is a text and not empty. */
  text(names: Names): string | undefined {
    return this.#as(names, asText);
  }

  /** A text, or a number as text. */
  id(names: Names): string | undefined {
    return this.#as(names, asId);
  }

  /** The same of the record, else of the resource that sent it. */
  idOfAny(names: Names): string | undefined {
    const own = (this.#marks & names.mark) !== 0;
    const shared = (marksOfResource(this.#resource) & names.mark) !== 0;
    if (!own && !shared) return undefined;
    for (const name of names.list) {
      const id = own ? asId(this.peek(name)) : undefined;
      if (id !== undefined) {
        this.#taken.add(name);
        return id;
      }
      const other = shared ? asId(this.#resource.get(name)) : undefined;
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** `true` and `"true"`, `false` and `"false"`: exporters of some languages make text of everything. */
  flag(names: Names): boolean | undefined {
    return this.#as(names, asFlag);
  }

  /** What was not taken. */
  get rest(): readonly (readonly [string, JsonValue])[] {
    const rest: (readonly [string, JsonValue])[] = [];
    for (const entry of this.#own) if (!this.#taken.has(entry[0])) rest.push(entry);
    return rest;
  }

  #as<T>(names: Names, read: (value: JsonValue | undefined) => T | undefined): T | undefined {
    if ((this.#marks & names.mark) === 0) return undefined;
    const { list } = names;
    for (let at = 0; at < list.length; at++) {
      const value = read(this.peek(list[at] as string));
      if (value === undefined) continue;
      this.#takeFrom(list, at);
      return value;
    }
    return undefined;
  }

  #takeFrom(list: readonly string[], from: number): JsonValue | undefined {
    let first: JsonValue | undefined;
    for (let at = from; at < list.length; at++) {
      const name = list[at] as string;
      const value = this.peek(name);
      if (value === undefined) continue;
      first ??= value;
      if (first === value || canonicalJson(first) === canonicalJson(value)) this.#taken.add(name);
    }
    return first;
  }
}

function asFlag(value: JsonValue | undefined): boolean | undefined {
  if (typeof value === "boolean") return value;
  return value === "true" ? true : value === "false" ? false : undefined;
}
