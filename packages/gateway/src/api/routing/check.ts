import { checkKeys } from "@agent-assembly/storage-core/backend";
import { z } from "zod";
import { problem } from "../../http/problem.js";

/** Only the first problem is told: the next request tells the next one. */
type Issue = z.core.$ZodIssue;

/**
 * A value as a schema has it.
 * @param value as it was sent
 * @throws ProblemError 400 that names the member at fault and what it must be, never its value
 */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues[0] as Issue);
  if (issue.code === "unrecognized_keys") refuseUnknown(schema, value, issue);
  const option = pathOf(issue.path);
  throw problem("invalid_argument", `${option === "" ? "the body" : option} ${wordsOf(issue)}`, {
    ...(option !== "" && { option }),
  });
}

/** Of a union, the problem of the alternative that came furthest. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const [first] = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a));
  const inner = first?.[0];
  if (inner === undefined) return issue;
  return deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

function depthOf(issues: readonly Issue[]): number {
  return issues[0]?.path.length ?? 0;
}

function refuseUnknown(schema: z.ZodType, value: unknown, issue: Issue): void {
  if (issue.path.length > 0 || !(schema instanceof z.ZodObject)) return;
  checkKeys("the body", value as object, Object.keys(schema.shape));
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((step, at) => (typeof step === "number" ? `[${step}]` : `${at === 0 ? "" : "."}${String(step)}`))
    .join("")
    .slice(0, 200);
}

/** What a member must be, as the rest of a sentence. */
function wordsOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${article(issue.expected)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return issue.origin === "string" && Number(issue.minimum) === 1
        ? "must not be empty"
        : `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_format":
      return FORMATS[issue.format] ?? `must be of the format ${issue.format}`;
    case "unrecognized_keys":
      return "has an unknown member";
    case "custom":
      return issue.message;
    default:
      return "is not what this route takes";
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: "must be a time in ISO 8601 with a zone, such as 2026-11-30T12:00:00Z",
  uuid: "must be a UUID",
};

const NAMES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  undefined: "left out",
};

function article(expected: string): string {
  return NAMES[expected] ?? expected;
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters long";
  return origin === "array" ? " items long" : "";
}
