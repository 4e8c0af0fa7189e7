import type { JsonValue } from "@agent-assembly/storage-core";

/** The value of a JSON text, or why it is none: the position, never the content. */
export function parseJson(text: string): { readonly value: JsonValue } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch (error) {
    // The engine's message quotes the text, which does not belong in a report; its position does.
    const message = error instanceof Error ? error.message : "";
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    if (position >= text.length || /^unterminated/i.test(message))
      return { problem: `ends too early, after ${text.length} characters` };
    return { problem: `is not valid JSON at character ${position + 1} of ${text.length}` };
  }
}
