import { tmpdir } from "node:os";
import { thisMachine } from "../machine.js";
import { rawClient } from "../postgres/store.js";
import { median } from "../result.js";
import { withServices } from "../surroundings.js";
import { NotEnoughSpace, requireSpace } from "./disk.js";
import { YearOfEvents } from "./events.js";
import { fillYear } from "./fill.js";
import type { Filled, Measure } from "./measure.js";
import { OPERATING } from "./operating.js";
import { READING } from "./reading.js";
import type { RowReport, RowResult, RowTable } from "./report.js";
import type { RowStore } from "./stores.js";
import { onPostgres, onSqlite, type Subject } from "./subject.js";

const SMALL = 10_000;

type OnStore = <T>(work: (subject: Subject) => Promise<T>) => Promise<T>;

/** What many rows do to the times of each store that can be had and has room for them. */
export async function measureGrowth(stores: readonly RowStore[], rows: number): Promise<RowReport> {
  const tables: RowTable[] = [];
  const refused: string[] = [];
  for (const store of stores) {
    try {
      const table = store === "sqlite" ? await sqlite(rows) : await onServer(store, rows);
      if (table !== undefined) tables.push(table);
    } catch (error) {
      if (!(error instanceof NotEnoughSpace)) throw error;
      refused.push(error.message);
    }
  }
  const date = new Date().toISOString().slice(0, 10);
  return { date, machine: thisMachine(), small: SMALL, large: rows, tables, refused };
}

function sqlite(rows: number): Promise<RowTable> {
  requireSpace("sqlite", rows, tmpdir());
  return compare("SQLite", onSqlite, rows);
}

function onServer(store: Exclude<RowStore, "sqlite">, rows: number): Promise<RowTable | undefined> {
  return withServices([store], async ([profile]) => {
    if (profile === undefined) return undefined;
    requireSpace(store, rows, await dataFolder(profile.url));
    const { url, version = "", timescaledbVersion } = profile;
    const timescaledb = store !== "postgres";
    const edition = store === "timescale-community" ? "Community" : "Apache";
    const extension = timescaledb ? `, TimescaleDB ${timescaledbVersion} (${edition} edition)` : "";
    const server = { url, version, timescaledb };
    return compare(`PostgreSQL ${version.split(" ", 1)[0]}${extension}`, (work) => onPostgres(server, work), rows);
  });
}

async function dataFolder(url: string): Promise<string> {
  const sql = rawClient(url, 1);
  try {
    const [row] = await sql.unsafe<{ folder: string }[]>("SELECT current_setting('data_directory') AS folder");
    return row?.folder ?? "";
  } finally {
    await sql.end();
  }
}

/** A small store beside a large one of the same kind. */
function compare(title: string, onStore: OnStore, rows: number): Promise<RowTable> {
  const now = Date.now();
  return onStore((small) =>
    onStore(async (large) => {
      await fillYear(small.storage, new YearOfEvents(SMALL, now), () => undefined);
      await small.settle();
      const filledPerSecond = await fillYear(large.storage, new YearOfEvents(rows, now), (stored) => {
        process.stderr.write(`${title}: ${stored.toLocaleString("en-US")} events are stored\n`);
      });
      await large.settle();
      const results: RowResult[] = [];
      for (const measure of [...READING, ...OPERATING]) {
        process.stderr.write(`${title}: measuring ${measure.name} ...\n`);
        results.push(await inTurn(measure, small, large, { small: SMALL, large: rows, now }));
      }
      return { title, filledPerSecond, results };
    }),
  );
}

/** Both in turn, so that a drift of the machine's speed meets both; the ratio is that of the medians. */
async function inTurn(
  { name, unit, rounds, begin }: Measure,
  small: Subject,
  large: Subject,
  { now, ...rows }: { readonly small: number; readonly large: number; readonly now: number },
): Promise<RowResult> {
  const filled = (count: number): Filled => ({ rows: count, now });
  try {
    const onSmall = await begin(small, filled(rows.small));
    const onLarge = await begin(large, filled(rows.large));
    const [smalls, larges]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      smalls.push(await onSmall());
      larges.push(await onLarge());
    }
    const [s, l] = [median(smalls), median(larges)];
    return { name, unit, small: s, large: l, ratio: l / s };
  } catch (error) {
    return { name, unit, problem: `not measured: ${(error as Error).message.split("\n", 1)[0]}` };
  }
}
