import type { AuditFilter, StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { type BenchServer, DAY_MS, fill as fillServer, START, withStore } from "../postgres/store.js";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { fill as fillFile } from "../sqlite/fill.js";
import { ANY_AGE, openRaw, withStores } from "../sqlite/store.js";
import { countedOnPostgres, countedOnSqlite } from "./counted.js";
import { HOURLY } from "./questions.js";

const DAYS = 7;
const ROUNDS = 5;
/** Of a question, for each measurement. */
const ASKED = 10;
const FILTER: AuditFilter = { from: new Date(START), to: new Date(START + DAYS * DAY_MS) };

/** How many events there are in the same seven days of the two stores. */
function counts(quick: boolean): { readonly few: number; readonly many: number } {
  return quick ? { few: 50_000, many: 500_000 } : { few: 1_000_000, many: 10_000_000 };
}

function stepOf(count: number): number {
  return Math.floor((DAYS * DAY_MS) / count);
}

/** Hourly counts of ten times as many events in the same days, in two files. */
export function sqliteGrowth(quick: boolean): Promise<BenchResult[]> {
  const { few, many } = counts(quick);
  return withStores(async (_ours, _raw, paths) => {
    for (const [path, count] of [
      [paths.ours, few],
      [paths.raw, many],
    ] as const) {
      const file = openRaw(path);
      fillFile(file, count, START, stepOf(count));
      file.close();
    }
    // A store looks for what others have stored when it is opened.
    await using small = await openSqliteStorage({ path: paths.ours, limits: ANY_AGE });
    await using large = await openSqliteStorage({ path: paths.raw, limits: ANY_AGE });
    await countedOnSqlite(paths.ours);
    await countedOnSqlite(paths.raw);
    return await growth(`sqlite ${many} events`, small, large, few);
  });
}

/** The same in two databases. */
export function postgresGrowth(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const { few, many } = counts(quick);
  const filled = <T>(count: number, work: (storage: StorageBackend) => Promise<T>): Promise<T> =>
    withStore(server, async (_ours, raw, url) => {
      await fillServer(raw, count, START, stepOf(count));
      const timescaledb = server.edition === "plain" ? "off" : "prefer";
      await using storage = await openPostgresStorage({ url, limits: ANY_AGE, timescaledb });
      await countedOnPostgres(url);
      return await work(storage);
    });
  const name = `postgres (${server.edition}) ${many} events`;
  return filled(few, (small) => filled(many, (large) => growth(name, small, large, few)));
}

async function growth(name: string, small: StorageBackend, large: StorageBackend, few: number): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const dimension of HOURLY) {
    const msOf = (storage: StorageBackend) => async (): Promise<number> => {
      const took = await seconds(async () => {
        for (let n = 0; n < ASKED; n++) {
          await storage.audit.summarize(FILTER, { bucket: { every: "1h" }, groupBy: [dimension] });
        }
      });
      return (took * 1000) / ASKED;
    };
    const measured = await inTurn(ROUNDS, msOf(large), msOf(small));
    const what = `${name} in seven days, counts per hour and ${dimension}, against ${few}`;
    results.push(judge(what, "ms", measured, { kind: "at most", ratio: 1.5 }));
  }
  return results;
}
