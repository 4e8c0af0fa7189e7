import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Delivered, DeliveredTransactions, NOTHING } from "../../src/audit/history/delivered.js";
import {
  before,
  behindAll,
  behindRow,
  type Position,
  rangesBehind,
  type Snapshot,
} from "../../src/audit/history/position.js";

/**
 * Transactions of a server that is lost, numbered from 1 as they begin. Times are places in its log, too.
 */
interface Lost {
  readonly begin: number;
  /** When its end was written to the log. */
  readonly commit: number;
  /** When others see it: later where commits wait for a standby. `Infinity` for one that was rolled back. */
  readonly seen: number;
  readonly wanted: boolean;
}

type Row = readonly [xact: number, seq: number];

const ROWS = 2;

const worlds = fc.record({
  transactions: fc.array(
    fc.record({
      // Long ones end behind many that began later.
      lasts: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 1, max: 60 }) },
        { weight: 1, arbitrary: fc.integer({ min: 300, max: 600 }) },
      ),
      waits: fc.integer({ min: 0, max: 30 }),
      rolledBack: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      wanted: fc.integer({ min: 0, max: 9 }).map((n) => n > 1),
    }),
    { minLength: 1, maxLength: 90, size: "max" },
  ),
  /** Between two reads. */
  pauses: fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 6 }),
  window: fc.integer({ min: 1, max: 40 }),
  /** The read before which the follower is another process, with the position as text. */
  resumedAt: fc.integer({ min: 0, max: 12 }),
  /** How many rows of the last read are delivered. */
  delivered: fc.integer({ min: 0, max: 200 }),
  /** How far behind the crash the promoted standby was. */
  behind: fc.integer({ min: 0, max: 300 }),
  synchronous: fc.boolean(),
  /** Whether the promoted server knows where it took over. */
  knowsWhere: fc.boolean(),
  /** On the new timeline: transactions that store no events, before the first one that does, and those. */
  others: fc.integer({ min: 0, max: 5 }),
  news: fc.integer({ min: 1, max: 100 }),
});

const ordinary = (lasts: number) => ({ lasts, waits: 0, rolledBack: false, wanted: true });

/** The oldest of many that are delivered together is the only one that is lost: it ended last. */
const OLDEST_LOST = {
  transactions: [ordinary(500), ...Array.from({ length: 45 }, () => ordinary(1))],
  pauses: [600],
  window: 40,
  resumedAt: 12,
  delivered: 200,
  behind: 120,
  synchronous: false,
  knowsWhere: true,
  others: 0,
  news: 1,
};

describe("a follower of a server that is replaced by a standby", () => {
  it("gets each event of what is left and what is new once, or an error; never the latter after a synchronous commit", () => {
    let [refusals, lossless] = [0, 0];
    fc.assert(
      fc.property(worlds, (world) => {
        const old = world.transactions.map(({ lasts, waits, rolledBack, wanted }, i): Lost => {
          const begin = i * 10 + 1;
          // Times are distinct: each ends at a fraction of its own.
          const commit = begin + lasts + i / 1000;
          const seen = rolledBack ? Number.POSITIVE_INFINITY : commit + (world.synchronous ? waits : 0);
          return { begin, commit, seen, wanted };
        });
        const at = (xact: number): Lost => old[xact - 1] as Lost;
        const xacts = old.map((_, i) => i + 1);
        // What was rolled back has ended as well; a snapshot takes it for ended.
        const endOf = ({ commit, seen }: Lost): number => (Number.isFinite(seen) ? seen : commit);
        const snapshotAt = (time: number): Snapshot => {
          const ended = xacts.filter((xact) => endOf(at(xact)) <= time);
          const next = Math.max(0, ...ended) + 1;
          return { next, open: xacts.filter((xact) => xact < next && endOf(at(xact)) > time) };
        };

        // The follower, until the crash.
        const got: Row[] = [];
        let delivered = new DeliveredTransactions(NOTHING);
        let position: Position = { next: 1, open: [], part: undefined };
        let lsn = 0;
        let time = 0;
        for (const [n, pause] of world.pauses.entries()) {
          time += pause;
          if (n === world.resumedAt) delivered = new DeliveredTransactions(delivered);
          const snapshot = snapshotAt(time);
          delivered.nextStep();
          let left = n === world.pauses.length - 1 ? world.delivered : Number.POSITIVE_INFINITY;
          for (let more = true; more && left > 0; ) {
            const from = position;
            const rows = rowsIn(rangesBehind(from, snapshot), (xact) => Number.isFinite(at(xact).seen));
            for (const row of rows.slice(0, world.window)) {
              if (left-- <= 0) break;
              if (at(row[0]).wanted) {
                got.push(row);
                delivered.add(row[0]);
              }
              position = behindRow(from, snapshot, { xact: row[0], seq: row[1] });
              lsn = time;
            }
            more = rows.length > world.window;
          }
          if (left > 0) [position, lsn] = [behindAll(position, snapshot), time];
        }

        // The promoted standby.
        const acknowledged = old.filter(({ seen }) => seen <= time).map(({ commit }) => commit);
        const least = world.synchronous ? Math.max(0, ...acknowledged) : 0;
        const switchLsn = Math.max(least, time - world.behind);
        const nextXact = old.filter(({ begin }) => begin <= switchLsn).length + 1;
        const firstXact = nextXact + world.others;
        const isKept = (xact: number): boolean =>
          xact < nextXact && Number.isFinite(at(xact).seen) && at(xact).commit <= switchLsn;
        const isNew = (xact: number): boolean => xact >= firstXact && xact < firstXact + world.news;

        const refused = lsn > (world.knowsWhere ? switchLsn : -1) && isLost(delivered, position, firstXact, isKept);
        const wasLost = got.some(([xact]) => !isKept(xact));
        if (wasLost) expect(refused).toBe(true);
        if (refused) {
          refusals++;
          // Without a loss, only what one snapshot had too much of to list is doubted.
          if (!wasLost) expect(delivered.unlisted).toBeDefined();
          return;
        }
        lossless++;
        const everything: Snapshot = { next: firstXact + world.news, open: [] };
        const rest = rowsIn(rangesBehind(before(firstXact, position), everything), (x) => isKept(x) || isNew(x));
        const wanted = (xact: number): boolean => isNew(xact) || at(xact).wanted;
        const all = rowsIn([{ first: 1, end: everything.next, afterSeq: undefined }], (x) => isKept(x) || isNew(x));
        const both = [...got, ...rest.filter(([xact]) => wanted(xact))];
        expect(sorted(both)).toEqual(sorted(all.filter(([xact]) => wanted(xact))));
      }),
      { numRuns: 3000, examples: [[OLDEST_LOST]] },
    );
    expect(refusals).toBeGreaterThan(0);
    expect(lossless).toBeGreaterThan(0);
  });
});

/** What `lostOf` asks the server. */
function isLost(
  { recent, unlisted }: Delivered,
  { open }: Position,
  firstXact: number,
  isKept: (xact: number) => boolean,
): boolean {
  if (recent.some((xact) => xact >= firstXact || !isKept(xact))) return true;
  const [first, last] = unlisted ?? [1, 0];
  for (let xact = first; xact <= last; xact++) if (!open.includes(xact) && !isKept(xact)) return true;
  return false;
}

function rowsIn(ranges: ReturnType<typeof rangesBehind>, has: (xact: number) => boolean): Row[] {
  return ranges.flatMap(({ first, end, afterSeq }) =>
    Array.from({ length: end - first }, (_, i) => first + i)
      .filter(has)
      .flatMap((xact) => Array.from({ length: ROWS }, (_, seq): Row => [xact, seq + 1]))
      .filter(([xact, seq]) => xact !== first || afterSeq === undefined || seq > afterSeq),
  );
}

function sorted(rows: readonly Row[]): Row[] {
  return rows.toSorted(([a, b], [c, d]) => a - c || b - d);
}
