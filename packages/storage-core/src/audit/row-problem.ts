import { describeShape } from "../support/describe.js";
import { parseUuid } from "../support/ids.js";
import { textProblem } from "../support/text.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../support/time-range.js";
import { AUDIT_EVENT_COLUMNS, type AuditColumnType } from "./columns.js";

const PROBLEM_OF: Readonly<Record<AuditColumnType, (value: unknown) => string | undefined>> = {
  timestamp: (value) =>
    Number.isInteger(value) && (value as number) >= MIN_TIME_MS && (value as number) <= MAX_TIME_MS
      ? undefined
      : `must be whole milliseconds within the years 1 to 9999, got ${describeShape(value)}`,
  uuid: (value) =>
    typeof value === "string" && parseUuid(value) === value
      ? undefined
      : `must be a UUID in lower case, got ${describeShape(value)}`,
  text: textProblem,
  boolean: (value) => (typeof value === "boolean" ? undefined : `must be true or false, got ${describeShape(value)}`),
  json: (value) => (typeof value === "string" ? undefined : `must be JSON text, got ${describeShape(value)}`),
};

/**
 * Why a row cannot be one that a store made from a valid event; `undefined` when it can. The JSON of the payload is not
 * parsed.
 */
export function rowProblem(row: unknown): string | undefined {
  if (typeof row !== "object" || row === null) return `row must be an object, got ${describeShape(row)}`;
  for (const { member, type, nullable } of AUDIT_EVENT_COLUMNS) {
    const value = (row as Record<string, unknown>)[member];
    if (nullable && value === null) continue;
    const problem = PROBLEM_OF[type](value);
    if (problem !== undefined) return `${member} ${problem}`;
  }
  return undefined;
}
