import { escapeJson } from "./escape.js";

/** One JSON document as text, dates in ISO form. */
export function formatJson(value: unknown): string {
  return escapeJson(JSON.stringify(value, null, 2));
}

/** One JSON document on one line, for commands that print a stream of them. */
export function formatJsonLine(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}
