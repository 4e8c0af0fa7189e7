import { z } from "zod";

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A side of a schema: what is sent, or what is made of it. */
export type Side = "input" | "output";

const LOCAL = "#/$defs/";
const SHARED = "#/components/schemas/";

/** Collects the named schemas of a document, and refers to them. */
export class SchemaCollector {
  readonly #named = new Map<string, JsonSchema>();

  /** The schema in JSON Schema; what has a name in it is collected. */
  add(schema: z.ZodType, side: Side): JsonSchema {
    const { $defs = {}, $schema: _, ...root } = z.toJSONSchema(schema, { io: side });
    for (const [name, definition] of Object.entries($defs)) {
      if (!name.startsWith("__")) this.#named.set(name, tidy(name, definition));
    }
    return tidyObject(root);
  }

  /** By name, in alphabetical order. */
  get named(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function tidy(name: string, definition: unknown): JsonSchema {
  // A schema without conditions says the same, and readers need not follow a definition that refers to itself.
  return name === "JsonValue" ? { description: "Any JSON value." } : tidyObject(definition as JsonSchema);
}

/** Refers to shared schemas, and leaves out what says nothing: the pattern beside a format, and bounds of doubles. */
function tidyObject(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([name, value]) => (isNoise(name, value, schema) ? [] : [[name, tidyValue(value)]])),
  );
}

function isNoise(name: string, value: unknown, { format }: JsonSchema): boolean {
  if (name === "pattern") return format === "date-time" || format === "uuid";
  if (name === "minimum" || name === "maximum") return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
  return name === "propertyNames";
}

function tidyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidyValue);
  if (typeof value === "string" && value.startsWith(LOCAL)) return SHARED + value.slice(LOCAL.length);
  return typeof value === "object" && value !== null ? tidyObject(value as JsonSchema) : value;
}
