import { type AuditEvent, canonicalJson } from "@agent-assembly/storage-core";

export const CSV_COLUMNS = [
  "ts",
  "eventId",
  "agentId",
  "teamId",
  "orgId",
  "sessionId",
  "traceId",
  "action",
  "decision",
  "dryRun",
  "shadowDecision",
  "matchedRuleId",
  "payload",
] as const;

export type CsvColumn = (typeof CSV_COLUMNS)[number];

export function csvHeader(withRecordedAt: boolean): string {
  return `${[...CSV_COLUMNS, ...(withRecordedAt ? ["recordedAt"] : [])].join(",")}\r\n`;
}

/**
 * One RFC 4180 record, the payload as canonical JSON text. Values that a spreadsheet would take for a formula are
 * written as they are: changing them would make the export differ from the store.
 */
export function csvLine(event: AuditEvent, withRecordedAt: boolean): string {
  const cells = CSV_COLUMNS.map((column) => {
    const value = event[column];
    if (column === "payload") return event.payload === undefined ? "" : quote(canonicalJson(event.payload));
    if (value instanceof Date) return value.toISOString();
    return value === undefined ? "" : quote(String(value));
  });
  if (withRecordedAt) cells.push(event.recordedAt.toISOString());
  return `${cells.join(",")}\r\n`;
}

function quote(text: string): string {
  return /[",\r\n]|^\s|\s$|^\ufeff/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
