import type { AuditDriver } from "../audit/driver.js";
import { AUDIT_ACTIONS } from "../audit/event.js";
import type { AuditKey } from "../audit/paging.js";
import type { AuditEventRow } from "../audit/row.js";
import type { JsonValue } from "../support/json.js";
import type { ErasingEvent, ErasureDriver } from "./driver.js";
import { findParts, markerOf, withoutParts } from "./event-parts.js";
import type { ParsedErasure } from "./parse-request.js";

/** Events of one chunk, and UTF-16 code units of their payloads: each chunk is erased in one transaction. */
const CHUNK_EVENTS = 1000;
const CHUNK_TEXT = 4 * 1024 * 1024;

/** Some of the events of a request. */
export interface FoundEvents {
  /** How many were looked at. */
  readonly seen: number;
  /** Those that have parts to erase. */
  readonly events: readonly ErasingEvent[];
  /** Members named in the request that are part of `payload:*` in one of these events: one entry for each event. */
  readonly inRest: readonly string[];
}

/** What {@link findEvents} reads from. */
export interface EventSource {
  readonly audit: Pick<AuditDriver, "slices">;
  readonly driver: Pick<ErasureDriver, "erased">;
}

/** The events of a request that have parts to erase, oldest first. Records of erasures are passed over: they say what was erased. */
export async function* findEvents(
  { audit, driver }: EventSource,
  { filter, parts }: ParsedErasure,
  signal: AbortSignal | undefined,
): AsyncGenerator<FoundEvents> {
  const wanted = new Set(parts);
  for await (const rows of chunksOf(audit.slices(filter, "oldest", signal))) {
    const markers = new Map((await driver.erased(rows)).map((marker) => [keyText(marker), marker.parts]));
    const events: ErasingEvent[] = [];
    const inRest: string[] = [];
    for (const event of rows) {
      if (isErasureRecord(event)) continue;
      const before = markers.get(keyText(event)) ?? [];
      const found = findParts(event, wanted, before);
      inRest.push(...found.inRest);
      if (found.parts.length > 0) events.push(erasing(event, found.parts, before));
    }
    yield { seen: rows.length, events, inRest };
  }
}

/** @param found the parts of the request that the event has */
function erasing(event: AuditEventRow, found: readonly string[], before: readonly string[]): ErasingEvent {
  // One that came again has parts that were erased of it before: they go with the others, and are stated with them.
  const parts = [...new Set([...found, ...findParts(event, new Set(before), before).parts])];
  const after = withoutParts(event, [...before, ...parts]);
  return { event, after, parts, before, marker: markerOf(before, parts, after.payload) };
}

function isErasureRecord({ action, payload }: AuditEventRow): boolean {
  if (action !== AUDIT_ACTIONS.governance || payload === null) return false;
  const record = JSON.parse(payload) as JsonValue;
  if (typeof record !== "object" || record === null || Array.isArray(record)) return false;
  return typeof record.change === "string" && record.change.startsWith("erasure.");
}

/** Identifies an event among others. */
export function keyText({ ts, eventId }: AuditKey): string {
  return `${ts} ${eventId}`;
}

async function* chunksOf(slices: AsyncIterable<readonly AuditEventRow[]>): AsyncGenerator<AuditEventRow[]> {
  let chunk: AuditEventRow[] = [];
  let text = 0;
  for await (const rows of slices) {
    for (const row of rows) {
      chunk.push(row);
      text += row.payload?.length ?? 0;
      if (chunk.length < CHUNK_EVENTS && text < CHUNK_TEXT) continue;
      yield chunk;
      chunk = [];
      text = 0;
    }
  }
  if (chunk.length > 0) yield chunk;
}
