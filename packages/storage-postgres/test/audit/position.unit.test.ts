import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  behindAll,
  behindRow,
  type Position,
  parseSnapshot,
  rangesBehind,
  type Snapshot,
} from "../../src/audit/history/position.js";

const NONE: Position = { next: 100, open: [], part: undefined };

describe("a snapshot", () => {
  it("includes what is below its end and not open", () => {
    expect(parseSnapshot("10:20:10,14", false)).toEqual({ next: 20, open: [10, 14] });
    expect(parseSnapshot("20:20:", false)).toEqual({ next: 20, open: [] });
  });

  it("of a standby includes what is below the oldest open transaction, since the others are not listed", () => {
    expect(parseSnapshot("10:20:", true)).toEqual({ next: 10, open: [] });
  });

  it("with too many open transactions ends at the first one that does not fit", () => {
    expect(parseSnapshot("10:20:10,12,15,17", false, 2)).toEqual({ next: 15, open: [10, 12] });
  });
});

describe("ranges behind a position", () => {
  it("leave out open transactions, and join neighbours", () => {
    expect(rangesBehind(NONE, { next: 110, open: [103, 104, 109] })).toEqual([
      { first: 100, end: 103, afterSeq: undefined },
      { first: 105, end: 109, afterSeq: undefined },
    ]);
    const position = { next: 100, open: [90, 91, 95, 99], part: undefined };
    expect(rangesBehind(position, { next: 102, open: [95] })).toEqual([
      { first: 90, end: 92, afterSeq: undefined },
      { first: 99, end: 102, afterSeq: undefined },
    ]);
  });

  it("begin with the transaction that was delivered in part, although an older one has ended since", () => {
    const position = { next: 100, open: [90, 95], part: { xact: 95, seq: 7 } };
    expect(rangesBehind(position, { next: 100, open: [] })).toEqual([
      { first: 95, end: 96, afterSeq: 7 },
      { first: 90, end: 91, afterSeq: undefined },
    ]);
  });

  it("are none where a standby has not replayed as much", () => {
    expect(rangesBehind(NONE, { next: 90, open: [] })).toEqual([]);
    expect(behindAll(NONE, { next: 90, open: [] })).toEqual(NONE);
  });
});

/** Transactions with numbers from 1 to 30, of one to three rows each, which end in an order of their own. */
const histories = fc.record({
  /** For each transaction, when it ends; `0` when it is rolled back then. */
  ends: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 30 }),
  rows: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 30, maxLength: 30 }),
  /** Rows that a read returns at most. */
  window: fc.integer({ min: 1, max: 5 }),
  /** After how many rows the tail is left and resumed. */
  resumed: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }),
  maxOpen: fc.constantFrom(1, 2, 500),
  standby: fc.boolean(),
});

describe("a tail in steps", () => {
  it("delivers each row once, and none before a transaction that had ended when its own began", () => {
    fc.assert(
      fc.property(histories, ({ ends, rows, window, resumed, maxOpen, standby }) => {
        // A transaction begins at its number, and ends some moments later.
        const endOf = (xact: number): number => xact + (ends[xact - 1] as number);
        const count = ends.length;
        const snapshotAt = (moment: number): Snapshot => {
          const begun = Array.from({ length: Math.min(moment, count) }, (_, i) => i + 1);
          const open = begun.filter((xact) => endOf(xact) > moment);
          const next = Math.min(moment, count) + 1;
          return parseSnapshot(`${open[0] ?? next}:${next}:${open.join(",")}`, standby, maxOpen);
        };
        const delivered: (readonly [xact: number, seq: number])[] = [];
        const pauses = [...resumed];
        let untilPause = pauses.shift();
        let position: Position = { next: 1, open: [], part: undefined };
        for (let moment = 1; moment < 60; moment++) {
          const snapshot = snapshotAt(moment);
          step: for (;;) {
            const before = position;
            const found = rangesBehind(before, snapshot)
              .flatMap(({ first, end, afterSeq }) =>
                Array.from({ length: end - first }, (_, i) => first + i).flatMap((xact) =>
                  Array.from({ length: rows[xact - 1] as number }, (_, seq) => [xact, seq] as const).filter(
                    ([, seq]) => xact !== first || afterSeq === undefined || seq > afterSeq,
                  ),
                ),
              )
              .slice(0, window);
            for (const [xact, seq] of found) {
              delivered.push([xact, seq]);
              position = behindRow(before, snapshot, { xact, seq });
              if (untilPause !== undefined && --untilPause === 0) {
                untilPause = pauses.shift();
                break step;
              }
            }
            if (found.length < window) {
              position = behindAll(position, snapshot);
              break;
            }
          }
        }
        const all = ends.flatMap((_, i) =>
          Array.from({ length: rows[i] as number }, (_, seq) => [i + 1, seq] as const),
        );
        const sorted = delivered.toSorted(([a, b], [c, d]) => a - c || b - d);
        expect(sorted).toEqual(all);
        for (const [i, [xact]] of delivered.entries()) {
          // What ended before this one began came earlier.
          for (const [later] of delivered.slice(i + 1)) expect(endOf(later) >= xact).toBe(true);
        }
        expect(position.open.length).toBeLessThanOrEqual(count);
      }),
      { numRuns: 500 },
    );
  });
});
