import { quoteCsv } from "@agent-assembly/storage-core/backend";

/** One RFC 4180 record. Texts that a spreadsheet would take for formulas are written as they are. */
export function csvRecord(cells: readonly (string | number | null | undefined)[]): string {
  return `${cells.map((cell) => (cell === null || cell === undefined ? "" : quoteCsv(String(cell)))).join(",")}\r\n`;
}
