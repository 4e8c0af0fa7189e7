import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { ANY_AGE, type BenchServer, DAY_MS, fill, START, withStore } from "../postgres/store.js";
import { type BenchResult, withinBudget } from "../result.js";
import { YearOfEvents } from "../rows/events.js";
import { fillYear } from "../rows/fill.js";
import { countedOnPostgres } from "./counted.js";
import { hourlyQuestions, line } from "./questions.js";

const LAG_SECONDS = 20;

/** Questions to a store that has counted its events. */
export function postgresQuestions(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 50_000 : 1_000_000;
  return withStore(server, async (_ours, raw, url) => {
    await fill(raw, count, START, Math.floor((7 * DAY_MS) / count));
    const timescaledb = server.edition === "plain" ? "off" : "prefer";
    // A store looks for what others have stored when it is opened.
    await using ours = await openPostgresStorage({ url, limits: ANY_AGE, timescaledb });
    await countedOnPostgres(url);
    const [from, to] = [new Date(START), new Date(START + 7 * DAY_MS)];
    const overRows = async (column: string) => {
      const text = `SELECT date_bin('1 hour', ts, 'epoch') AS hour, ${column} AS value, count(*)::int AS count
        FROM audit_events WHERE ts >= $1 AND ts < $2 GROUP BY 1, 2`;
      const rows = await raw.unsafe<{ hour: Date; value: unknown; count: number }[]>(text, [from, to], {
        prepare: true,
      });
      return rows.map(({ hour, value, count: n }) => line(hour, value, n));
    };
    return await hourlyQuestions(`postgres (${server.edition})`, ours, { from, to }, overRows, quick ? 3 : 5);
  });
}

/** How long counting goes on after events were stored as fast as possible. */
export function postgresLag(server: BenchServer, quick: boolean): Promise<BenchResult> {
  const count = quick ? 50_000 : 1_000_000;
  return withStore(server, async (ours, _raw, url) => {
    await fillYear(ours, new YearOfEvents(count, Date.now()), () => undefined);
    const name = `postgres (${server.edition}) counting of ${count} events, after the last`;
    return withinBudget(name, "s", await countedOnPostgres(url), LAG_SECONDS);
  });
}
