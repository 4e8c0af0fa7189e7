import { AUDIT_EVENT_COLUMNS, type AuditEventColumn } from "@agent-assembly/storage-core/backend";

/** A column that an option compares with texts. */
type TextColumn = Extract<AuditEventColumn, { filter: true; type: "text" | "uuid" }>;

/** What the options are called in the object that commander makes. */
export type TextLabel = TextColumn["label"];

/** The columns that have an option which compares texts. */
export const TEXT_COLUMNS: readonly TextColumn[] = AUDIT_EVENT_COLUMNS.filter(
  (column): column is TextColumn => "filter" in column && column.type !== "boolean",
);

/** The words of a label, such as `shadow-decision`. */
export function labelWords(label: string, separator: " " | "-"): string {
  return label.replace(/[A-Z]/g, (letter) => separator + letter.toLowerCase());
}
