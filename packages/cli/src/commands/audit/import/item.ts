import type { JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";
import { parseIsoTime } from "../../../args/time.js";

/** Where in the file something stands, as people count: `line 3`, `conversation 2, call 1`. */
export interface Place {
  /** 1-based; absent where the file is no sequence of lines. */
  readonly line?: number;
  readonly at: string;
}

/** What a reader yields: an event to store, or why a part of the file is none. */
export type ImportItem =
  | { readonly place: Place; readonly event: NewAuditEvent }
  | { readonly place: Place; readonly problem: string };

export function atLine(line: number): Place {
  return { line, at: `line ${line}` };
}

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

/**
 * The event an exported line stands for. Only the time is converted here; everything else is checked by the store, so
 * that there is one set of rules. `recordedAt` is dropped: the importing store sets its own.
 */
export function eventFromJson(value: JsonValue): { readonly event: NewAuditEvent } | { readonly problem: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: `must be a JSON object with ts, agentId, action and decision, got ${describeShape(value)}` };
  }
  const { recordedAt: _, ts, ...rest } = value;
  const time = typeof ts === "string" ? parseIsoTime(ts) : undefined;
  if (time === undefined) {
    return {
      problem: `ts must be an ISO 8601 time with a zone such as "2024-05-15T15:00:00.000Z", got ${describeShape(ts)}`,
    };
  }
  return { event: { ...rest, ts: time } as unknown as NewAuditEvent };
}
