import type { JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";
import { readTime } from "../calls/times.js";
import { isObject } from "../calls/values.js";
import { notRead, type TranscriptItem } from "../item.js";
import type { Document } from "../json/document.js";
import type { Format, FormatReader } from "./format.js";
import { inexactParts } from "./inexact-parts.js";

/** Events as `aasm audit export` writes them, one a line. */
export const nativeJsonl: Format = {
  name: "jsonl",
  evidence: (value) => (isObject(value) && isEventLike(value) ? 3 : 0),
  open: () => new NativeReader(),
};

function isEventLike(value: Record<string, JsonValue>): boolean {
  return ["ts", "agentId", "action", "decision"].filter((member) => value[member] !== undefined).length >= 3;
}

class NativeReader implements FormatReader {
  readonly messages = 0;

  *read(document: Document): Generator<TranscriptItem> {
    const { value, line, pointer, inexact } = document;
    const place = pointer === "" ? { line } : { line, pointer };
    const twice = inexact.find(({ kind }) => kind === "duplicate");
    if (twice !== undefined) {
      // Readers would disagree about what this event says.
      yield notRead({ line, pointer: pointer + twice.pointer }, "is an object that names a member twice");
      return;
    }
    yield* inexactParts(document);
    const result = eventFromJson(value);
    if ("problem" in result) yield notRead(place, result.problem);
    else yield { format: "jsonl", place, event: result.event };
  }

  end(): Iterable<TranscriptItem> {
    return [];
  }
}

/**
 * The event that an exported line stands for. Only the time is converted here; everything else is checked by the store, so
 * that there is one set of rules. `recordedAt` is dropped: the importing store sets its own.
 */
export function eventFromJson(value: JsonValue): { readonly event: NewAuditEvent } | { readonly problem: string } {
  if (!isObject(value)) {
    return { problem: `must be a JSON object with ts, agentId, action and decision, got ${describeShape(value)}` };
  }
  const { recordedAt: _, ts, ...rest } = value;
  const time = typeof ts === "string" ? readTime(ts, "UTC") : undefined;
  // A date alone is midnight in UTC, as the options of the command line have it.
  const isDate = typeof ts === "string" && /^\s*\d{4}-\d{2}-\d{2}\s*$/.test(ts);
  if (time === undefined || !/^\s*\d{4}-/.test(ts as string) || (!time.zoned && !isDate)) {
    return {
      problem: `ts must be an ISO 8601 time with a zone such as "2024-05-15T15:00:00.000Z", got ${describeShape(ts)}`,
    };
  }
  return { event: { ...rest, ts: new Date(time.ms) } as unknown as NewAuditEvent };
}
