import type { JsonValue } from "@agent-assembly/storage-core";

/** The value of a JSON text, or why it is none: the position, never the content. */
export function parseJson(text: string): { readonly value: JsonValue } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    const column = position === undefined ? text.length + 1 : Number(position) + 1;
    const what = /^unexpected end|unterminated/i.test(error instanceof Error ? error.message : "") ? "ends too early" : "is not valid JSON";
    return { problem: `${what} (character ${column} of ${text.length})` };
  }
}
