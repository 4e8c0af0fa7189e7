import type { Cell } from "./canvas.js";
import { columnOf, rowOf } from "./place.js";
import type { TimeSpan } from "./time-axis.js";
import type { ValueAxis } from "./value-axis.js";

/** What is drawn behind and on top of the lines. Times are milliseconds since the epoch. */
export interface PlotOverlay {
  /** Shaded ranges of values, in order of time. */
  readonly band: readonly {
    readonly from: number;
    readonly to: number;
    readonly lower: number;
    readonly upper: number;
  }[];
  readonly marks: readonly { readonly at: number; readonly value: number }[];
}

/** Stand for the number of a series in cells of the band and of marks. */
export const BAND_SERIES = -1;
export const MARK_SERIES = -2;

type Cells = readonly (readonly (Cell | undefined)[])[];

/** Edges of the band that the axis must hold: not those below zero of values that never are. */
export function bandBounds(values: readonly number[], overlay: PlotOverlay | undefined): number[] {
  if (overlay === undefined) return [];
  const least = values.some((value) => value < 0) ? Number.NEGATIVE_INFINITY : 0;
  return overlay.band.flatMap(({ lower, upper }) => [Math.max(least, lower), Math.max(least, upper)]);
}

/** The cells of a picture with the band where they are empty, and with the marks. */
export function overlayCells(
  cells: Cells,
  overlay: PlotOverlay | undefined,
  { axis, span, unicode }: { readonly axis: ValueAxis; readonly span: TimeSpan; readonly unicode: boolean },
): Cells {
  if (overlay === undefined) return cells;
  const height = cells.length;
  const width = cells[0]?.length ?? 0;
  const result = cells.map((row) => [...row]);
  const shade: Cell = { text: unicode ? "░" : ":", series: BAND_SERIES };
  for (const { from, to, lower, upper } of overlay.band) {
    const last = columnOf(to - 1, span, width);
    for (let column = columnOf(from, span, width); column <= last; column++) {
      for (let row = rowOf(upper, axis, height); row <= rowOf(lower, axis, height); row++) {
        const line = result[row] as (Cell | undefined)[];
        line[column] ??= shade;
      }
    }
  }
  for (const { at, value } of overlay.marks) {
    const line = result[rowOf(value, axis, height)] as (Cell | undefined)[];
    line[columnOf(at, span, width)] = { text: unicode ? "●" : "!", series: MARK_SERIES };
  }
  return result;
}
