import { type AuditEvent, canonicalJson, type JsonObject } from "@agent-assembly/storage-core";
import { type AuditMember, CALLER_MEMBERS } from "@agent-assembly/storage-core/backend";
import type { Context } from "../../../context.js";
import { UsageError } from "../../../exit.js";
import { quoteCsv } from "../../../terminal/csv.js";

/** How events are written. */
export interface EventFormat {
  readonly header: string;
  readonly line: (event: AuditEvent) => string;
}

export function eventFormat(name: "jsonl" | "csv", recordedAt: boolean): EventFormat {
  return name === "csv"
    ? { header: csvHeader(recordedAt), line: (event) => csvLine(event, recordedAt) }
    : { header: "", line: (event) => jsonlLine(event, recordedAt) };
}

/** @throws UsageError where the events and the report on them would both go to stdout */
export function refuseJsonEvents({ json }: Context, out: string | undefined): void {
  if (!json || out !== undefined) return;
  throw new UsageError("--json reports on an export to a file; add --out FILE, or leave --json out to get the events");
}

/** An event's exported members; `recordedAt` differs from store to store and is left out unless asked for. */
function exportedEvent(event: AuditEvent, withRecordedAt: boolean): JsonObject {
  const { ts, recordedAt, ...rest } = event;
  return {
    ...(rest as unknown as JsonObject),
    ts: ts.toISOString(),
    ...(withRecordedAt ? { recordedAt: recordedAt.toISOString() } : {}),
  };
}

/** One line of JSONL in RFC 8785 canonical form: byte-equal whichever backend held the event. */
function jsonlLine(event: AuditEvent, withRecordedAt: boolean): string {
  return `${canonicalJson(exportedEvent(event, withRecordedAt))}\n`;
}

/** The members of an event, in the order of the columns. */
const CSV_COLUMNS = CALLER_MEMBERS as readonly (AuditMember & keyof AuditEvent)[];

function csvHeader(withRecordedAt: boolean): string {
  return `${[...CSV_COLUMNS, ...(withRecordedAt ? ["recordedAt"] : [])].join(",")}\r\n`;
}

/**
 * One RFC 4180 record, the payload as canonical JSON text. Values that a spreadsheet would take for a formula are
 * written as they are: changing them would make the export differ from the store.
 */
function csvLine(event: AuditEvent, withRecordedAt: boolean): string {
  const cells = CSV_COLUMNS.map((column) => {
    const value = event[column];
    if (column === "payload") return event.payload === undefined ? "" : quoteCsv(canonicalJson(event.payload));
    if (value instanceof Date) return value.toISOString();
    return value === undefined ? "" : quoteCsv(String(value));
  });
  if (withRecordedAt) cells.push(event.recordedAt.toISOString());
  return `${cells.join(",")}\r\n`;
}
