import type { AuditEvent } from "@agent-assembly/storage-core";
import { type AuditEventRow, parseRestoredEvents } from "@agent-assembly/storage-core/backend";
import type { Archive, ArchiveManifest } from "../../../src/index.js";

export const DAY_MS = 86_400_000;
export const DAY = Date.parse("2026-03-01T00:00:00Z");

/** The n-th of events that differ in every member; ids and times ascend with n. */
export function eventNumber(n: number, changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ts: new Date(DAY + n * 1000),
    recordedAt: new Date(DAY + n * 1000 + 5),
    eventId: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`,
    agentId: `agent-${n % 3}`,
    action: n % 2 === 0 ? "tool_call" : "message",
    decision: n % 5 === 0 ? "deny" : "allow",
    dryRun: n % 4 === 0,
    payload: { tool: `tool-${n % 7}`, n },
    ...changes,
  };
}

export function eventNumbers(count: number, first = 0): AuditEvent[] {
  return Array.from({ length: count }, (_, n) => eventNumber(first + n));
}

/** The row of an event as a store would hold it. */
export function rowOf(event: AuditEvent): AuditEventRow {
  return parseRestoredEvents([event])[0] as AuditEventRow;
}

/** Rows of events, one at a time. */
export async function* rowsOf(events: Iterable<AuditEvent>): AsyncGenerator<readonly AuditEventRow[]> {
  for (const event of events) yield [rowOf(event)];
}

export async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A partition that holds every possible event. */
export const EVER = {
  id: "ever",
  from: new Date("0001-01-01T00:00:00.000Z"),
  to: new Date("9999-12-31T23:59:59.999Z"),
};

export const ONE_DAY = { id: "2026-03-01", from: new Date(DAY), to: new Date(DAY + DAY_MS) };

/** Writes and publishes. */
export async function archive(
  to: Archive,
  archiveId: string,
  events: Iterable<AuditEvent>,
  partition = ONE_DAY,
): Promise<ArchiveManifest> {
  const manifest = await to.write({ archiveId, partition }, rowsOf(events));
  await to.publish(manifest);
  return manifest;
}
