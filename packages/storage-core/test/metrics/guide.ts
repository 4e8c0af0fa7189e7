import { readFileSync } from "node:fs";

const GUIDE = new URL("../../../../docs/metrics-windows.md", import.meta.url);

/** A table of the guide: its rows by column. */
export interface GuideTable {
  /** Heading of the section, and the number of the line. */
  readonly title: string;
  /** The JSON of the line that begins with `Example:` and precedes the table; empty without one. */
  readonly example: Readonly<Record<string, unknown>>;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** All tables of the guide, in order. */
export function readGuide(): GuideTable[] {
  const lines = readFileSync(GUIDE, "utf8").split("\n");
  const tables: GuideTable[] = [];
  let heading = "";
  let example = {};
  for (const [i, line] of lines.entries()) {
    if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
    const json = /^Example: `(.*)`$/.exec(line)?.[1];
    if (json !== undefined) example = JSON.parse(json);
    if (!/^\|(?:-+\|)+$/.test(line)) continue;
    const columns = cellsOf(lines[i - 1] as string);
    const end = lines.findIndex((other, at) => at > i && !other.startsWith("|"));
    const rows = lines.slice(i + 1, end).map((row) => {
      const cells = cellsOf(row);
      if (cells.length !== columns.length) throw new Error(`line ${i + 1}: ${row} has not as many cells as its head`);
      return Object.fromEntries(columns.map((column, c) => [column, cells[c] as string]));
    });
    tables.push({ title: `${heading} (line ${i + 1})`, example, columns, rows });
    example = {};
  }
  return tables;
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());
}

/** A number; `null` for a dash. Remarks in parentheses do not count. */
export function cellValue(cell: string): number | null {
  if (cell === "–") return null;
  const value = Number(cell.replace(/ \(.*\)$/, ""));
  if (cell === "" || Number.isNaN(value)) throw new Error(`"${cell}" is neither a number nor a dash`);
  return value;
}
