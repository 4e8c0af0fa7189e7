import { type AuditEvent, canonicalJson, type JsonObject } from "@agent-assembly/storage-core";

/** An event's exported members; `recordedAt` differs from store to store and is left out unless asked for. */
export function exportedEvent(event: AuditEvent, withRecordedAt: boolean): JsonObject {
  const { ts, recordedAt, ...rest } = event;
  return {
    ...(rest as unknown as JsonObject),
    ts: ts.toISOString(),
    ...(withRecordedAt ? { recordedAt: recordedAt.toISOString() } : {}),
  };
}

/** One line of JSONL in RFC 8785 canonical form: byte-equal whichever backend held the event. */
export function jsonlLine(event: AuditEvent, withRecordedAt: boolean): string {
  return `${canonicalJson(exportedEvent(event, withRecordedAt))}\n`;
}
