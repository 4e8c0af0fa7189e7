/** Somewhere to draw lines of several series, finer than the cells it is shown in or not. */
export interface Canvas {
  /** Points across and down. */
  readonly width: number;
  readonly height: number;
  /** What a series is drawn with, for a legend. */
  readonly mark: (series: number) => string;
  set(x: number, y: number, series: number): void;
  /** Rows of cells, each with the series that was drawn there last; `undefined` where there is none. */
  rows(): readonly (readonly (Cell | undefined)[])[];
}

export interface Cell {
  readonly text: string;
  readonly series: number;
}

/** Bit of each dot of a braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const BRAILLE = 0x2800;
const MARKS = ["*", "+", "o", "x", "#", "@"];

/** Two by four dots in a cell; series are told apart by colour. */
export function brailleCanvas(columns: number, rows: number): Canvas {
  const cells = grid<{ bits: number; series: number }>(columns, rows);
  return {
    width: columns * 2,
    height: rows * 4,
    mark: () => "⠤⠤",
    set(x, y, series) {
      const row = cells[y >> 2] as (typeof cells)[number];
      const bit = (DOTS[y & 3] as readonly number[])[x & 1] as number;
      row[x >> 1] = { bits: (row[x >> 1]?.bits ?? 0) | bit, series };
    },
    rows: () =>
      cells.map((row) =>
        row.map((cell) => cell && { text: String.fromCodePoint(BRAILLE | cell.bits), series: cell.series }),
      ),
  };
}

/**
 * One ASCII character in a cell, another one for each series.
 * @param faint series that are drawn with a dot
 */
export function markCanvas(columns: number, rows: number, faint: ReadonlySet<number>): Canvas {
  const cells = grid<Cell>(columns, rows);
  const mark = (series: number): string => (faint.has(series) ? "." : (MARKS[series % MARKS.length] as string));
  return {
    width: columns,
    height: rows,
    mark,
    set(x, y, series) {
      (cells[y] as (typeof cells)[number])[x] = { text: mark(series), series };
    },
    rows: () => cells,
  };
}

function grid<T>(columns: number, rows: number): (T | undefined)[][] {
  return Array.from({ length: rows }, () => Array<T | undefined>(columns).fill(undefined));
}

/** A straight line, both ends included. */
export function drawLine(
  canvas: Canvas,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  series: number,
): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  for (let i = 0; i <= steps; i++) {
    const part = steps === 0 ? 0 : i / steps;
    canvas.set(Math.round(x0 + (x1 - x0) * part), Math.round(y0 + (y1 - y0) * part), series);
  }
}
