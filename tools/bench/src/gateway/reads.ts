import { countedOnSqlite } from "../counts/counted.js";
import { type BenchResult, median, seconds, withinBudget } from "../result.js";
import { fillSmall } from "../sqlite/fill.js";
import { withStores } from "../sqlite/store.js";
import { startGateway } from "./gateway-process.js";

const BUDGET_MS = 300;
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const ROUNDS = 15;

/** What the page asks for first, of a file with ten million events. */
export function reads(quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 200_000 : 10_000_000;
  return withStores(async (_storage, raw, { raw: path }) => {
    fillSmall(raw, count, START);
    await using gateway = await startGateway(path);
    await countedOnSqlite(path);
    const end = START + count;
    const range = (ms: number): string => `from=${new Date(end - ms).toISOString()}&to=${new Date(end).toISOString()}`;
    const questions: readonly (readonly [string, string])[] = [
      ["first rows", `/api/v1/events?limit=200&${range(DAY_MS)}`],
      ["first rows of an agent", `/api/v1/events?limit=200&agentId=agent-7&${range(30 * DAY_MS)}`],
      ["timeline of a day", `/api/v1/events/summary?every=1h&groupBy=decision&${range(DAY_MS)}`],
      ["tools of a day", `/api/v1/events/summary?groupBy=tool&groupBy=decision&${range(DAY_MS)}`],
      ["agents of all time", `/api/v1/events/summary?groupBy=agentId&${range(3650 * DAY_MS)}`],
    ];
    const results: BenchResult[] = [];
    for (const [what, path] of questions) {
      const times: number[] = [];
      for (let n = 0; n < ROUNDS; n++) times.push((await seconds(() => answered(gateway.url + path))) * 1000);
      results.push(withinBudget(`gateway ${what}, ${count} events, sqlite`, "ms", median(times), BUDGET_MS));
    }
    return results;
  });
}

async function answered(url: string): Promise<void> {
  const response = await fetch(url);
  const { items } = (await response.json()) as { items?: readonly unknown[] };
  if (response.status !== 200 || items === undefined || items.length === 0) {
    throw new Error(`${url} was answered ${response.status} with ${items?.length ?? "no"} rows`);
  }
}
