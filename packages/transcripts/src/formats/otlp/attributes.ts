import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { asId, asText } from "../../calls/values.js";
import type { OtlpAttributes } from "./records.js";

/** Reads the attributes of one record, and knows which of them were read. */
export class AttributeReader {
  readonly #taken = new Set<string>();

  constructor(
    private readonly own: OtlpAttributes,
    private readonly resource: OtlpAttributes,
  ) {}

  get names(): Iterable<string> {
    return this.own.keys();
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** Without taking it. */
  peek(name: string): JsonValue | undefined {
    return this.#value(name);
  }

  /** The first of these attributes that is there. The others are taken too where they say the same under an older name. */
  take(names: readonly string[]): JsonValue | undefined {
    let first: JsonValue | undefined;
    for (const name of names) {
      const value = this.#value(name);
      if (value === undefined) continue;
      first ??= value;
      if (first === value || canonicalJson(first) === canonicalJson(value)) this.#taken.add(name);
    }
    return first;
  }

  /** The first of these attributes that is a text and not empty. */
  text(names: readonly string[]): string | undefined {
    return this.#as(names, asText);
  }

  /** A text, or a number as text. */
  id(names: readonly string[]): string | undefined {
    return this.#as(names, asId);
  }

  /** The same of the record, else of the resource that sent it. */
  idOfAny(names: readonly string[]): string | undefined {
    for (const name of names) {
      const id = this.id([name]) ?? asId(this.resource.get(name));
      if (id !== undefined) return id;
    }
    return undefined;
  }

  /** `true` and `"true"`, `false` and `"false"`: exporters of some languages make text of everything. */
  flag(names: readonly string[]): boolean | undefined {
    return this.#as(names, (value) => {
      if (typeof value === "boolean") return value;
      return value === "true" ? true : value === "false" ? false : undefined;
    });
  }

  /** What was not taken. */
  get rest(): readonly (readonly [string, JsonValue])[] {
    return [...this.own].filter(([name]) => !this.#taken.has(name));
  }

  #as<T>(names: readonly string[], read: (value: JsonValue | undefined) => T | undefined): T | undefined {
    const name = names.find((candidate) => read(this.#value(candidate)) !== undefined);
    return name === undefined ? undefined : read(this.take(names.slice(names.indexOf(name))));
  }

  #value(name: string): JsonValue | undefined {
    const value = this.own.get(name);
    return value === null || value === "" ? undefined : value;
  }
}
