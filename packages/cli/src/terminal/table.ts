import { escapeText } from "./escape.js";
import type { Style } from "./style.js";
import { displayWidth, pad, truncate } from "./truncate.js";

export interface Column<T> {
  readonly title: string;
  /** Stored text; the table makes it safe. */
  readonly value: (row: T) => string | undefined;
  readonly align?: "left" | "right";
  /** Emphasis, applied after cutting and padding so that widths stay right. */
  readonly style?: (row: T) => (text: string) => string;
  /** A column that is never cut, e.g. a time. */
  readonly fixed?: boolean;
}

const GAP = "  ";
/** Below this a cut value says too little: rather show fewer columns. */
const NARROWEST = 9;
/** Without a terminal there is nothing to fit and nothing is cut, but one absurd value must not make every line as long. */
const WIDEST_COLUMN = 2000;

/**
 * Rows as aligned columns, each row one line; columns empty in every row are left out. They fit a terminal: the widest are
 * cut first, and on a very narrow terminal the last ones go.
 * @param width columns of the terminal; `undefined` when there is none, which leaves every value whole
 */
export function renderTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  width: number | undefined,
  style: Style,
): string {
  const cells = rows.map((row) => columns.map((column) => escapeText(column.value(row) ?? "")));
  let shown = columns
    .map((_, index) => index)
    .filter((index) => rows.length === 0 || cells.some((row) => row[index] !== ""));
  const natural = columns.map((column, index) =>
    Math.min(WIDEST_COLUMN, Math.max(displayWidth(column.title), ...sizes(cells, index))),
  );
  const widths = [...natural];
  if (width !== undefined) shown = fit(widths, shown, columns, width);

  const line = (texts: readonly string[], paint: (index: number, text: string) => string): string =>
    shown
      .map((index, position) => {
        const columnWidth = widths[index] as number;
        const align = columns[index]?.align ?? "left";
        const text = texts[index] as string;
        const cut = width === undefined ? text : truncate(text, columnWidth);
        const last = position === shown.length - 1 && align === "left";
        return paint(index, last ? cut : pad(cut, columnWidth, align));
      })
      .join(GAP);

  const header = line(
    columns.map((column) => column.title),
    (_, text) => style.bold(text),
  );
  const body = rows.map((row, r) =>
    line(cells[r] as string[], (index, text) => columns[index]?.style?.(row)(text) ?? text),
  );
  return [header, ...body].map((text) => `${text.trimEnd()}\n`).join("");
}

function sizes(cells: readonly (readonly string[])[], index: number): number[] {
  let widest = 0;
  for (const row of cells) widest = Math.max(widest, displayWidth(row[index] as string));
  return [widest];
}

/** Narrows `widths` in place until the shown columns fit; returns the columns that are left. */
function fit<T>(widths: number[], shown: number[], columns: readonly Column<T>[], width: number): number[] {
  let left = shown;
  const least = (index: number): number => {
    const natural = widths[index] as number;
    return columns[index]?.fixed === true ? natural : Math.min(natural, NARROWEST);
  };
  const total = (measure: (index: number) => number): number =>
    left.reduce((sum, index) => sum + measure(index), GAP.length * (left.length - 1));
  while (left.length > 1 && total(least) > width) left = left.slice(0, -1);
  for (let excess = total((index) => widths[index] as number) - width; excess > 0; excess--) {
    const widest = left
      .filter((index) => (widths[index] as number) > (columns[index]?.fixed === true ? Infinity : NARROWEST))
      .sort((a, b) => (widths[b] as number) - (widths[a] as number))[0];
    if (widest === undefined) break;
    widths[widest] = (widths[widest] as number) - 1;
  }
  return left;
}

/** A labelled value; one without a value is left out. */
export type Field = readonly [label: string, value: string | undefined];

/** `label  value` lines, values aligned and made safe to show. */
export function renderFields(fields: readonly Field[], style: Style): string {
  const present = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(0, ...present.map(([label]) => label.length));
  return present.map(([label, value]) => `${style.dim(pad(label, width, "left"))}  ${escapeText(value)}\n`).join("");
}
