import { canonicalJson } from "../../support/canonical-json.js";
import type { JsonObject } from "../../support/json.js";
import { type AuditMember, CALLER_MEMBERS } from "../columns.js";
import type { AuditEvent } from "../event.js";

/** How exported events are written as text. */
export interface EventTextFormat {
  /** Before the first event; empty where there is none. */
  readonly header: string;
  readonly line: (event: AuditEvent) => string;
}

/**
 * Events as lines of JSON or CSV, the same on every backend and wherever they are exported.
 * @param recordedAt whether the lines have it: it differs from store to store
 */
export function eventTextFormat(name: "jsonl" | "csv", recordedAt: boolean): EventTextFormat {
  return name === "csv"
    ? { header: csvHeader(recordedAt), line: (event) => csvLine(event, recordedAt) }
    : { header: "", line: (event) => jsonlLine(event, recordedAt) };
}

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

/** One field of an RFC 4180 record, in quotes where it needs them. */
export function quoteCsv(text: string): string {
  return /[",\r\n]|^\s|\s$|^\ufeff/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
