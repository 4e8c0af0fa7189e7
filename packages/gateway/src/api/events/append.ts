import type { AppendResult, NewAuditEvent, Rejection } from "@agent-assembly/storage-core";
import { countText, describeShape, type InexactPart } from "@agent-assembly/storage-core/backend";
import type { GatewayContext, Identity } from "../../context.js";
import { problem } from "../../http/problem.js";
import { decodeUtf8, inexactText, parseJsonText } from "../routing/body.js";
import { instant } from "../schemas/common.js";
import type { SentEvent } from "../schemas/events.js";

/** Events that one request may bring: the store has them checked and written in one go. */
export const MAX_EVENTS = 10_000;

/**
 * The events of a body: a JSON array, or one JSON value on each line. A line that is no JSON is rejected alone.
 * @throws ProblemError 400 for an array that is none; 413 for more than {@link MAX_EVENTS}
 */
export function readEvents(bytes: Uint8Array, mediaType: string): SentEvent[] {
  const text = decodeUtf8(bytes);
  return mediaType === "application/x-ndjson" ? readLines(text) : readArray(text);
}

function readArray(text: string): SentEvent[] {
  const { value, inexact } = parseJsonText(text);
  if (!Array.isArray(value)) {
    throw problem("invalid_argument", `the body must be an array of events, got ${describeShape(value)}`);
  }
  checkCount(value.length);
  const changed = new Map(inexact.map((part): [number, InexactPart] => [indexOf(part), part]));
  return value.map((event, index) => {
    const part = changed.get(index);
    return part === undefined ? { event } : { reason: `event ${inexactText(belowIndex(part))}` };
  });
}

function readLines(text: string): SentEvent[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  checkCount(lines.length);
  return lines.map((line) => {
    try {
      const { value, inexact } = parseJsonText(line);
      const [part] = inexact;
      return part === undefined ? { event: value } : { reason: `event ${inexactText(part)}` };
    } catch (error) {
      return { reason: `the line is no JSON: ${(error as Error).message.replace("the body is no JSON: ", "")}` };
    }
  });
}

function checkCount(count: number): void {
  if (count <= MAX_EVENTS) return;
  throw problem("too_large", `the body has ${countText(count, "event")}, more than ${MAX_EVENTS}`, {
    remedy: "Send fewer in each request.",
  });
}

/** Of a part's pointer into an array of events. */
function indexOf({ pointer }: InexactPart): number {
  return Number(pointer.split("/", 2)[1]);
}

function belowIndex(part: InexactPart): InexactPart {
  return { ...part, pointer: part.pointer.replace(/^\/\d+/, "") };
}

/**
 * Stores the events of a request that are such and that the sender may store; rejects the others alone.
 * @returns positions in the request
 */
export async function appendSent(
  { append }: Pick<GatewayContext, "append">,
  identity: Identity,
  sent: readonly SentEvent[],
): Promise<AppendResult> {
  const rejected: Rejection[] = [];
  const accepted: { readonly index: number; readonly event: NewAuditEvent }[] = [];
  for (const [index, one] of sent.entries()) {
    const event = "reason" in one ? one.reason : toEvent(one.event, identity);
    if (typeof event === "string") rejected.push({ index, code: "invalid_argument", reason: event });
    else accepted.push({ index, event });
  }
  const result = await append(accepted.map(({ event }) => event));
  const stored = result.rejected.map((one) => ({ ...one, index: accepted[one.index]?.index ?? one.index }));
  return { ...result, rejected: [...rejected, ...stored].sort((a, b) => a.index - b.index) };
}

/** The event as the store takes it, which checks all but its time and team; or why it is refused. */
function toEvent(sent: unknown, { teamId }: Identity): NewAuditEvent | string {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    return `event must be an object, got ${describeShape(sent)}`;
  }
  const event = sent as Readonly<Record<string, unknown>>;
  const ts = instant.safeParse(event.ts);
  if (!ts.success) {
    return `ts must be a time in ISO 8601 with a zone, such as 2026-11-30T12:00:00Z, got ${describeShape(event.ts)}`;
  }
  // As an answer has it: an event that was read can be sent again.
  const { recordedAt, ...rest } = event;
  const own = { ...rest, ts: ts.data } as unknown as NewAuditEvent;
  if (teamId === undefined) return own;
  const team = event.teamId ?? teamId;
  return team === teamId ? { ...own, teamId } : "teamId names another team than the token is for";
}
