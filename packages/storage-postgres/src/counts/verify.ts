import {
  COUNT_CUBES,
  COUNT_LEVEL_IDS,
  type CountLevel,
  countText,
  fromCellHour,
} from "@agent-assembly/storage-core/backend";
import type { Sql, TransactionSql } from "../driver/pool.js";
import type { Statement } from "../driver/statement.js";
import { fromStoredText } from "../sql/stored-json.js";
import { type CountState, readState } from "./state.js";
import { type CountTables, countTables } from "./tables.js";
import { type Difference, selectWrongFinest, selectWrongSums } from "./verify-sql.js";

/**
 * Compares the cells with the events that they count, in one snapshot: reads the whole log.
 * @returns what differs, for people; empty when nothing is counted yet
 */
export async function wrongCounts(sql: Sql, schema: string): Promise<string[]> {
  const tables = countTables(schema);
  return sql.begin("isolation level repeatable read read only", async (transaction) => {
    const state = await readState(transaction, tables);
    if (state === undefined) return [];
    if (state.next > state.newest) {
      return [`counts of events are said to include transaction ${state.next - 1}, which has not begun`];
    }
    return compare(transaction, tables, state);
  }) as Promise<string[]>;
}

async function compare(sql: TransactionSql, tables: CountTables, state: CountState): Promise<string[]> {
  // The planner knows nothing of how many cells there are. It would join them with all keys of their cube by merging.
  await sql.unsafe(
    "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'",
  );
  const found: Difference[] = [];
  for (const { text, values } of [
    selectWrongFinest(tables, state),
    selectWrongSums(tables, state),
  ] satisfies Statement[]) {
    found.push(...(await sql.unsafe<Difference[]>(text, [...values])));
  }
  return found.map(describe);
}

function describe({ cube, level, start, members, expected, actual, cells }: Difference): string {
  const known = COUNT_CUBES.find(({ id }) => id === cube);
  const by = known === undefined ? `the unknown cube ${cube}` : known.dimensions.join(", ");
  const width = (Object.keys(COUNT_LEVEL_IDS) as CountLevel[]).find((name) => COUNT_LEVEL_IDS[name] === level);
  const of = members === null ? "" : ` of ${fromStoredText(members)}`;
  const at = new Date(fromCellHour(start)).toISOString();
  const others = Number(cells) - 1;
  const more =
    others === 0 ? "" : `, and ${countText(others, "other cell")} of this kind differ${others === 1 ? "s" : ""}`;
  return `counts by ${by}: the ${width ?? `cell of level ${level}`} from ${at}${of} has ${actual} events instead of ${expected}${more}`;
}
