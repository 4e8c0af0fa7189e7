import {
  type AuditEvent,
  type AuditStore,
  canonicalJson,
  type JsonObject,
  type JsonValue,
  type NewAuditEvent,
} from "@agent-assembly/storage-core";
import { batchesOf } from "./batches.js";
import type { Place, TranscriptEvent, TranscriptItem, TranscriptProblem } from "./item.js";

/** What was stored. */
export interface StoreReport {
  readonly inserted: number;
  /** Stored before, with the same content. */
  readonly duplicates: number;
  /** Problems of the source of severity `error`, and events that the store rejected. */
  readonly rejected: number;
}

/** What {@link storeTranscript} tells meanwhile. */
export interface StoreOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch with the number of events handled so far. */
  readonly onProgress?: ((events: number) => Promise<void> | void) | undefined;
  /** Told each item before it is stored. */
  readonly onItem?: ((item: TranscriptItem) => void) | undefined;
  /** Told each event that the store rejected: its place, the code of the rejection and the reason. */
  readonly onRejected?: ((place: Place, code: string, reason: string) => void) | undefined;
}

const BATCH = 1000;
/** Characters of the texts in a batch: payloads may be large. */
const BATCH_SIZE = 8 * 1024 * 1024;
/** Old events are what a transcript is about; only the future stays refused. */
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY };

/**
 * Stores what a reader yields. A call that is in the store already is not stored again; when it is there without its answer, or
 * with another one, the answer is stored as an event of its own with the action `tool_result`, and a decision that came without an
 * answer as one with the action `policy_decision`.
 */
export async function storeTranscript(
  audit: Pick<AuditStore, "append" | "stream">,
  items: AsyncIterable<TranscriptItem>,
  options: StoreOptions = {},
): Promise<StoreReport> {
  let inserted = 0;
  let duplicates = 0;
  let rejected = 0;
  let handled = 0;
  let batch: TranscriptEvent[] = [];
  let size = 0;

  const reject = (place: Place, code: string, reason: string): void => {
    rejected++;
    options.onRejected?.(place, code, reason);
  };
  const store = async (events: readonly TranscriptEvent[]): Promise<TranscriptEvent[]> => {
    const conflicts: TranscriptEvent[] = [];
    const result = await audit.append(
      events.map(({ event }) => event),
      { limits: LIMITS },
    );
    inserted += result.inserted;
    duplicates += result.duplicates;
    for (const { index, code, reason } of result.rejected) {
      const item = events[index] as TranscriptEvent;
      if (code === "conflict" && isCall(item.event)) conflicts.push(item);
      else reject(item.place, code, reason);
    }
    return conflicts;
  };
  const flush = async (): Promise<void> => {
    options.signal?.throwIfAborted();
    const conflicts = await store(batch);
    const answers: TranscriptEvent[] = [];
    const stored = await readStored(audit, conflicts);
    for (const item of conflicts) {
      const found = stored.get(item.event.eventId as string);
      const outcome = found === undefined ? "other" : compare(found, item);
      if (outcome === "other")
        reject(item.place, "conflict", "another event with this time and id is stored, and is kept");
      else if (outcome === "same") duplicates++;
      else answers.push({ format: item.format, place: item.place, event: item.answer as NewAuditEvent });
    }
    if (answers.length > 0) await store(answers);
    handled += batch.length;
    batch = [];
    size = 0;
    await options.onProgress?.(handled);
  };

  for await (const read of batchesOf(items)) {
    options.signal?.throwIfAborted();
    for (const item of read) {
      options.onItem?.(item);
      if ("problem" in item) {
        if (isError(item.problem)) rejected++;
        continue;
      }
      batch.push(item);
      size += sizeOf(item.event.payload ?? null);
      if (batch.length >= BATCH || size >= BATCH_SIZE) await flush();
    }
  }
  if (batch.length > 0) await flush();
  return { inserted, duplicates, rejected };
}

/** Characters of the texts in a value. */
function sizeOf(value: JsonValue): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  let size = 0;
  for (const name in value) size += sizeOf((value as JsonObject)[name] as JsonValue);
  return size;
}

function isError({ severity }: TranscriptProblem): boolean {
  return severity === "error";
}

function isCall({ action, eventId }: NewAuditEvent): boolean {
  return action === "tool_call" && eventId !== undefined;
}

async function readStored(
  audit: Pick<AuditStore, "stream">,
  items: readonly TranscriptEvent[],
): Promise<Map<string, AuditEvent>> {
  const found = new Map<string, AuditEvent>();
  if (items.length === 0) return found;
  const times = items.map(({ event }) => event.ts.getTime());
  const range = { from: new Date(Math.min(...times)), to: new Date(Math.max(...times) + 1) };
  const eventId = items.map(({ event }) => event.eventId as string);
  for await (const event of audit.stream({ ...range, eventId })) found.set(event.eventId, event);
  return found;
}

/** A stored event against the same call as a source has it: whether the source adds an answer. */
function compare(stored: AuditEvent, { event, answer }: TranscriptEvent): "same" | "answered" | "other" {
  const [there, here] = [membersOf(stored.payload), membersOf(event.payload)];
  const same =
    stored.action === event.action && ["tool", "arguments", "toolCallId"].every((key) => equal(there[key], here[key]));
  if (!same) return "other";
  // A source that was written earlier lacks the answer, one that copies another has other names around the call.
  if (answer === undefined) return "same";
  if (answer.action === "policy_decision") return stored.decision === event.decision ? "same" : "answered";
  const sameAnswer = "result" in there && equal(there.result, here.result) && equal(there.error, here.error);
  return sameAnswer ? "same" : "answered";
}

function membersOf(payload: JsonValue | undefined): Readonly<Record<string, JsonValue | undefined>> {
  return typeof payload === "object" && payload !== null && !Array.isArray(payload) ? payload : {};
}

function equal(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}
