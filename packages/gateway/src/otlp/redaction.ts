import { type JsonObject, type JsonValue, StorageError } from "@agent-assembly/storage-core";
import { describeShape, parseJsonPointer } from "@agent-assembly/storage-core/backend";

/** Makes a payload without what the rules name; the payload itself stays as it is. */
export type RedactPayload = (payload: JsonObject) => JsonObject;

/** Stands where something was left out. */
const REDACTED = "[redacted]";

/**
 * Rules of redaction: a text that begins with `/` is a JSON Pointer into the payload, any other is the name of members at any
 * depth, in upper or lower case.
 * @throws `invalid_argument` for anything else
 */
export function parseRedaction(option: string, rules: unknown): RedactPayload {
  if (!Array.isArray(rules)) throw notRules(option, `must be a list of texts, got ${describeShape(rules)}`);
  const names = new Set<string>();
  const pointers: (readonly string[])[] = [];
  for (const [index, rule] of rules.entries()) {
    if (typeof rule !== "string" || rule === "") {
      throw notRules(
        `${option}[${index}]`,
        `must be a JSON Pointer or the name of a member, got ${describeShape(rule)}`,
      );
    }
    const tokens = rule.startsWith("/") ? parseJsonPointer(rule) : undefined;
    if (tokens !== undefined) pointers.push(tokens);
    else if (!rule.startsWith("/")) names.add(rule.toLowerCase());
    else throw notRules(`${option}[${index}]`, "is no JSON Pointer: in it, ~ stands as ~0");
  }
  return (payload) => {
    const shown = names.size === 0 ? payload : (withoutNames(payload, names) as JsonObject);
    return pointers.reduce((rest, tokens) => withoutPlace(rest, tokens) as JsonObject, shown);
  };
}

function notRules(option: string, problem: string): StorageError {
  return new StorageError({ code: "invalid_argument", option, message: `{option} ${problem}` });
}

/** The same value where nothing in it has one of the names. */
function withoutNames(value: JsonValue, names: ReadonlySet<string>): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  let changed: Record<string, JsonValue> | JsonValue[] | undefined;
  for (const [key, inner] of Object.entries(value)) {
    const isNamed = !Array.isArray(value) && names.has(key.toLowerCase());
    const shown = isNamed ? REDACTED : withoutNames(inner, names);
    if (shown === inner) continue;
    changed ??= Array.isArray(value) ? [...value] : { ...value };
    (changed as Record<string, JsonValue>)[key] = shown;
  }
  return changed ?? value;
}

function withoutPlace(value: JsonValue, tokens: readonly string[]): JsonValue {
  const [token, ...inner] = tokens;
  if (token === undefined) return REDACTED;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, token)) return value;
  const at = (value as JsonObject)[token] as JsonValue;
  const shown = withoutPlace(at, inner);
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === token ? shown : item));
  return { ...value, [token]: shown };
}
