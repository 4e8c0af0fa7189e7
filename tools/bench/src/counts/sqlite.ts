import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { type BenchResult, withinBudget } from "../result.js";
import { YearOfEvents } from "../rows/events.js";
import { fillYear } from "../rows/fill.js";
import { fill } from "../sqlite/fill.js";
import { ANY_AGE, openRaw, withStores } from "../sqlite/store.js";
import { countedOnSqlite } from "./counted.js";
import { hourlyQuestions, line } from "./questions.js";

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const LAG_SECONDS = 20;

/** Questions to a store that has counted its events. */
export function sqliteQuestions(quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 50_000 : 1_000_000;
  return withStores(async (_ours, _raw, paths) => {
    const raw = openRaw(paths.ours);
    fill(raw, count, START, Math.floor((7 * DAY_MS) / count));
    // A store looks for what others have stored when it is opened.
    await using ours = await openSqliteStorage({ path: paths.ours, limits: ANY_AGE });
    await countedOnSqlite(paths.ours);
    const [from, to] = [START, START + 7 * DAY_MS];
    const overRows = async (column: string) =>
      raw
        .prepare<[number, number], { hour: number; value: unknown; count: number }>(
          `SELECT ts - ts % 3600000 AS hour, ${column} AS value, count(*) AS count FROM audit_events
           WHERE ts >= ? AND ts < ? GROUP BY 1, 2`,
        )
        .all(from, to)
        .map(({ hour, value, count: n }) => line(new Date(hour), value, n));
    const filter = { from: new Date(from), to: new Date(to) };
    const results = await hourlyQuestions("sqlite", ours, filter, overRows, quick ? 3 : 5);
    raw.close();
    return results;
  });
}

/** How long counting goes on after events were stored as fast as possible. */
export function sqliteLag(quick: boolean): Promise<BenchResult> {
  const count = quick ? 50_000 : 1_000_000;
  return withStores(async (ours, _raw, paths) => {
    await fillYear(ours, new YearOfEvents(count, Date.now()), () => undefined);
    return withinBudget(
      `sqlite counting of ${count} events, after the last`,
      "s",
      await countedOnSqlite(paths.ours),
      LAG_SECONDS,
    );
  });
}
