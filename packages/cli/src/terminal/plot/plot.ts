import { escapeText } from "../escape.js";
import type { Style } from "../style.js";
import { displayWidth, truncate } from "../truncate.js";
import { brailleCanvas, type Canvas, drawLine, markCanvas } from "./canvas.js";
import { BAND_SERIES, bandBounds, MARK_SERIES, overlayCells, type PlotOverlay } from "./overlay.js";
import { columnOf, rowOf } from "./place.js";
import { type TimeSpan, timeTicks } from "./time-axis.js";
import { type ValueAxis, valueAxis } from "./value-axis.js";

export interface PlotLine {
  readonly name: string;
  /** In order of time, milliseconds since the epoch; a value of `null` interrupts the line. */
  readonly points: readonly { readonly at: number; readonly value: number | null }[];
  /** Draw the points alone, without lines between them. */
  readonly dotted?: boolean;
}

export interface PlotOptions extends TimeSpan {
  /** Columns of everything, axis and all. */
  readonly width: number;
  /** Rows between the axes. */
  readonly height: number;
  readonly fromZero: boolean;
  readonly unicode: boolean;
  readonly style: Style;
  /** Behind the numbers of the vertical axis. */
  readonly suffix?: string;
  readonly overlay?: PlotOverlay;
}

/** More lines than these cannot be told apart. */
export const MAX_LINES = 6;
const NARROWEST = 10;
const ROWS_PER_TICK = 3;
const WIDEST_NAME = 40;

const UNICODE_FRAME = { tick: "┤", side: "│", corner: "└", bottom: "─", mark: "┬" };
const ASCII_FRAME = { tick: "+", side: "|", corner: "+", bottom: "-", mark: "+" };

/** Lines over time with both axes, and a legend where there are several. At least one value must be there. */
export function renderPlot(lines: readonly PlotLine[], options: PlotOptions): string {
  const { unicode, style, height } = options;
  const frame = unicode ? UNICODE_FRAME : ASCII_FRAME;
  const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => (value === null ? [] : [value])));
  const bounds = bandBounds(values, options.overlay);
  const ticks = Math.max(2, Math.floor(height / ROWS_PER_TICK) + 1);
  const axis = valueAxis([...values, ...bounds], options.fromZero, ticks, options.suffix);
  const labelWidth = Math.max(...axis.ticks.map(({ label }) => label.length));
  const columns = Math.max(NARROWEST, options.width - labelWidth - 2);
  // Without colour the dots of several lines look the same.
  const fine = unicode && (style.enabled || lines.length === 1);
  const canvas = fine ? brailleCanvas(columns, height) : markCanvas(columns, height, dottedOf(lines));
  for (const [series, line] of lines.entries()) draw(canvas, line, series, axis, options);

  const paint = palette(style);
  const labels = new Map(
    axis.ticks.map(({ value, label }) => [
      Math.floor((rowOf(value, axis, canvas.height) / canvas.height) * height),
      label,
    ]),
  );
  const body = overlayCells(canvas.rows(), options.overlay, { axis, span: options, unicode }).map((cells, row) => {
    const label = labels.get(row);
    const text = renderCells(cells, paint);
    const side = label === undefined ? frame.side : frame.tick;
    return `${(label ?? "").padStart(labelWidth)} ${style.dim(side)}${text}`.trimEnd();
  });
  return [
    ...body,
    ...timeAxis(options, columns, frame).map((text) => `${" ".repeat(labelWidth + 1)}${style.dim(text)}`.trimEnd()),
    ...(lines.length > 1 ? legend(lines, canvas, options, paint) : []),
  ]
    .map((text) => `${text}\n`)
    .join("");
}

function dottedOf(lines: readonly PlotLine[]): ReadonlySet<number> {
  return new Set(lines.flatMap(({ dotted }, series) => (dotted === true ? [series] : [])));
}

/** Neighbours of one series share their colour codes. */
function renderCells(
  cells: ReturnType<Canvas["rows"]>[number],
  paint: (series: number) => (text: string) => string,
): string {
  let text = "";
  for (let i = 0; i < cells.length; ) {
    const series = cells[i]?.series;
    let run = "";
    for (; i < cells.length && cells[i]?.series === series; i++) run += cells[i]?.text ?? " ";
    text += series === undefined ? run : paint(series)(run);
  }
  return text;
}

function draw(
  canvas: Canvas,
  { points, dotted = false }: PlotLine,
  series: number,
  axis: ValueAxis,
  { from, to }: PlotOptions,
): void {
  let previous: readonly [number, number] | undefined;
  for (const { at, value } of points) {
    if (value === null) {
      previous = undefined;
      continue;
    }
    const here = [columnOf(at, { from, to }, canvas.width), rowOf(value, axis, canvas.height)] as const;
    drawLine(canvas, dotted ? here : (previous ?? here), here, series);
    previous = here;
  }
}

function timeAxis(span: TimeSpan, columns: number, frame: typeof UNICODE_FRAME): [line: string, labels: string] {
  const line = Array<string>(columns).fill(frame.bottom);
  let labels = "";
  for (const { column, label } of timeTicks(span, columns)) {
    line[column] = frame.mark;
    labels = labels.padEnd(column) + label;
  }
  return [`${frame.corner}${line.join("")}`, ` ${labels}`];
}

function legend(
  lines: readonly PlotLine[],
  canvas: Canvas,
  { width, unicode }: PlotOptions,
  paint: (series: number) => (text: string) => string,
): string[] {
  const rows: string[] = [];
  let row = "";
  let used = 0;
  for (const [series, { name }] of lines.entries()) {
    const cut = truncate(escapeText(name), Math.min(WIDEST_NAME, Math.max(4, width - 6)));
    const text = `${canvas.mark(series)} ${unicode ? cut : cut.replace("…", "~")}`;
    const columns = displayWidth(text) + 3;
    if (used > 0 && used + columns > width) {
      rows.push(row);
      row = "";
      used = 0;
    }
    row += `${used === 0 ? "" : "   "}${paint(series)(text)}`;
    used += columns;
  }
  return [...rows, row];
}

function palette({
  cyan,
  yellow,
  green,
  magenta,
  red,
  blue,
  dim,
}: Style): (series: number) => (text: string) => string {
  const colors = [cyan, yellow, green, magenta, red, blue];
  return (series) => {
    if (series === BAND_SERIES) return dim;
    return series === MARK_SERIES ? red : (colors[series % colors.length] as (text: string) => string);
  };
}
