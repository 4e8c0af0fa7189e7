import { checkKeys } from "@agent-assembly/storage-core/backend";
import { z } from "zod";
import { problem } from "../../http/problem.js";
import { checked } from "./check.js";

/** What the text of a parameter stands for. */
type Kind = "list" | "integer" | "boolean" | "text";

/** Reads the texts of parameters as a schema wants them. */
export class ParameterReader<Schema extends z.ZodObject> {
  readonly #kinds: ReadonlyMap<string, Kind>;

  constructor(
    private readonly schema: Schema,
    /** What the parameters are, for errors. */
    private readonly what: string,
  ) {
    const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
    this.#kinds = new Map(Object.entries(properties).map(([name, member]) => [name, kindOf(member)]));
  }

  /**
   * @param pairs names and values, in the order of the request
   * @throws ProblemError or StorageError 400, about the parameter at fault
   */
  read(pairs: Iterable<readonly [name: string, value: string]>): z.output<Schema> {
    const given: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, value] of pairs) {
      const kind = this.#kinds.get(name);
      if (kind === "list") {
        given[name] = [...((given[name] as string[] | undefined) ?? []), value];
      } else if (name in given) {
        throw problem("invalid_argument", `${name} is given more than once`, { option: shown(name) });
      } else {
        given[name] = spelled(kind, value);
      }
    }
    checkKeys(this.what, given, [...this.#kinds.keys()]);
    return checked(this.schema, given);
  }
}

function kindOf(schema: unknown): Kind {
  const { type } = schema as { type?: unknown };
  if (type === "array") return "list";
  return type === "integer" || type === "boolean" ? type : "text";
}

/** The value that a text spells; the text itself where it spells none, which the schema then refuses. */
function spelled(kind: Kind | undefined, text: string): unknown {
  if (kind === "integer" && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** Names come from the request. */
function shown(name: string): string {
  return name.slice(0, 60);
}
