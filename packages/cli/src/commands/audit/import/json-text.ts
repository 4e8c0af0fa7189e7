import type { JsonValue } from "@agent-assembly/storage-core";

/** The value of a JSON text, or why it is none: the position, never the content. */
export function parseJson(text: string): { readonly value: JsonValue } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch (error) {
    // The engine's message quotes the text, which does not belong in a report; its position does.
    const message = error instanceof Error ? error.message : "";
    const position = /position (\d+)/.exec(message)?.[1];
    const early = Number(position) >= text.length || /^unexpected end|^unterminated/i.test(message);
    if (early) return { problem: `ends too early, after ${text.length} characters` };
    const where = position === undefined ? "" : ` at character ${Number(position) + 1}`;
    return { problem: `is not valid JSON${where} (${text.length} characters)` };
  }
}
