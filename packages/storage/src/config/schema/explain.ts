import { describeShape, didYouMean, mayHoldSecret } from "@agent-assembly/storage-core/backend";
import type * as z from "zod/mini";
import { BACKEND_NAMES } from "../../backends/names.js";
import type { ConfigProblem } from "../problem.js";
import { isSecretPath } from "../redact.js";
import { locationOfKey } from "../source-location.js";
import { type ConfigSources, isTree } from "../sources.js";
import { configSchema } from "./schema.js";

/** One problem per key: where its value is from, what it holds, what is allowed. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  tree: unknown,
  sources: ConfigSources,
): readonly ConfigProblem[] {
  return issues.flatMap((issue) => explainIssue(issue, tree, sources));
}

function explainIssue(issue: z.core.$ZodIssue, tree: unknown, sources: ConfigSources): ConfigProblem[] {
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = allowedKeys(issue.path);
    return issue.keys.map((key) => {
      const option = path === "" ? key : `${path}.${key}`;
      const shown = mayHoldSecret(key) || key.length > LONGEST ? `(${describeShape(key)})` : "{option}";
      return {
        ...(shown === "{option}" ? { option } : path !== "" && { option: path }),
        location: locationOfKey(option, sources),
        message: `unknown key ${shown}; allowed${path === "" ? "" : ` in ${path}`}: ${known.join(", ")}`,
        ...(shown === "{option}" && suggest(key, known)),
      };
    });
  }
  const value = issue.path.reduce<unknown>(memberOf, tree);
  return [
    {
      ...(path !== "" && { option: path }),
      location: locationOfKey(path, sources),
      message: `${path === "" ? "the configuration" : "{option}"} is ${show(path, value)}; allowed: ${allowed(issue)}`,
      ...(typeof value === "string" && suggest(value, known(issue))),
    },
  ];
}

/** The values to suggest for a mistyped one. */
function known(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return pathText(issue.path) === "storage.backend" ? BACKEND_NAMES : [];
}

function suggest(name: string, known: readonly string[]): Pick<ConfigProblem, "remedy"> {
  const hint = didYouMean(name, known).trim();
  return hint === "" ? {} : { remedy: hint };
}

/** `storage.retention.rules[0].team_id`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
}

function memberOf(node: unknown, key: PropertyKey): unknown {
  if (Array.isArray(node)) return node[Number(key)];
  return isTree(node) ? node[String(key)] : undefined;
}

/** Characters of a text that is shown. */
const LONGEST = 80;

/** The value itself, unless it may hold a credential, by its key or by its own looks, or is too long to help. */
function show(path: string, value: unknown): string {
  if (isSecretPath(path) || (typeof value === "string" && (mayHoldSecret(value) || value.length > LONGEST))) {
    return describeShape(value);
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return JSON.stringify(value);
  return describeShape(value);
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(", ");
    case "invalid_type":
      if (issue.expected === "int" || issue.expected === "number") return "a whole number";
      if (issue.expected === "boolean") return "true or false";
      if (issue.expected === "array") return "a list";
      return issue.expected === "object" ? "a mapping of keys to values" : `a ${issue.expected}`;
    case "too_small":
      if (issue.origin === "array") return "a list that is not empty";
      return issue.origin === "string" ? "a text that is not empty" : `a whole number from ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "string") return `a text of at most ${issue.maximum} characters`;
      if (issue.origin === "array") return `a list of at most ${issue.maximum}`;
      return `a whole number up to ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** The keys the schema has at a path. */
function allowedKeys(path: readonly PropertyKey[]): string[] {
  let node: unknown = configSchema;
  for (const key of path) node = typeof key === "number" ? elementOf(node) : shapeOf(node)?.[String(key)];
  return Object.keys(shapeOf(node) ?? {});
}

interface SchemaDefinition {
  readonly shape?: Record<string, unknown>;
  readonly element?: unknown;
  readonly innerType?: { readonly def?: SchemaDefinition };
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  return definitionWith(schema, "shape")?.shape;
}

function elementOf(schema: unknown): unknown {
  return definitionWith(schema, "element")?.element;
}

/** Looks through `optional`, `default` and `prefault` to what has the member. */
function definitionWith(schema: unknown, member: "shape" | "element"): SchemaDefinition | undefined {
  let definition = (schema as { readonly def?: SchemaDefinition } | undefined)?.def;
  while (definition !== undefined && definition[member] === undefined) definition = definition.innerType?.def;
  return definition;
}
