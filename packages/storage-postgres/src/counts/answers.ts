import { type AnswerSource, type CountPlan, MAX_TIME_MS, MIN_TIME_MS } from "@agent-assembly/storage-core/backend";
import { errorCode } from "../driver/errors.js";
import type { AnySql } from "../driver/pool.js";
import type { ReadRouter } from "../driver/read-server.js";
import { rows, type Statement } from "../driver/statement.js";
import { Bindings } from "../sql/bindings.js";
import { type CountState, readState, uncountedBy } from "./state.js";
import type { CountTables } from "./tables.js";

/** How an answer is made from counts. */
export interface CountedWay {
  readonly plan: CountPlan;
  readonly state: CountState;
}

/** The view `audit_origin` is empty, as in a restore that has not ended: whose counts they are is not known. */
export const NOT_POPULATED = "55000";

/**
 * Answers by counts where there are some, and by the log otherwise, in one snapshot.
 * @param plan `undefined` when only the log can answer
 * @param byCounts the statement, and `byLog` the one that reads all events
 */
export function answerCounted<Row extends readonly unknown[]>(
  reads: ReadRouter,
  tables: CountTables,
  plan: CountPlan | undefined,
  byCounts: (way: CountedWay) => Statement,
  byLog: () => Statement,
): Promise<Row[]> {
  // Not prepared: from the sixth time on the server might plan without the range, and walk an index to every row of it.
  const byLogAlone = (): Promise<Row[]> => reads.run((server) => server.read((sql) => rows<Row>(sql, byLog(), false)));
  const answer = (sql: AnySql, way: CountedWay | undefined): Promise<Row[]> =>
    rows<Row>(sql, way === undefined ? byLog() : byCounts(way), false);
  return onState(reads, tables, plan, answer, byLogAlone);
}

/** How {@link answerCounted} would answer. */
export function explainCounted(
  reads: ReadRouter,
  tables: CountTables,
  plan: CountPlan | undefined,
): Promise<AnswerSource> {
  const byLogAlone = async (): Promise<AnswerSource> => ({ plan: undefined, uncounted: 0 });
  const source = async (sql: AnySql, way: CountedWay | undefined): Promise<AnswerSource> =>
    way === undefined ? byLogAlone() : { plan: way.plan, uncounted: await countUncounted(sql, tables, way.state) };
  return onState(reads, tables, plan, source, byLogAlone);
}

/**
 * Work in one snapshot with the state of the counts.
 * @param work is given `undefined` where nothing of the plan's time is counted
 * @param otherwise where there is no plan, or the state cannot be read
 */
async function onState<T>(
  reads: ReadRouter,
  tables: CountTables,
  plan: CountPlan | undefined,
  work: (sql: AnySql, way: CountedWay | undefined) => Promise<T>,
  otherwise: () => Promise<T>,
): Promise<T> {
  if (plan === undefined) return otherwise();
  try {
    return await reads.run((server) =>
      server.snapshot(async (sql) => {
        const state = await readState(sql, tables);
        return work(sql, state !== undefined && counts(state, plan) ? { plan, state } : undefined);
      }),
    );
  } catch (error) {
    if (errorCode(error) !== NOT_POPULATED) throw error;
    return otherwise();
  }
}

async function countUncounted(sql: AnySql, tables: CountTables, state: CountState): Promise<number> {
  const bindings = new Bindings();
  const parts = uncountedBy(state, EVER).map(
    (part) => `SELECT count(*) AS n FROM ${tables.events} AS e WHERE ${part(bindings).join(" AND ")}`,
  );
  const text = `SELECT coalesce(sum(n), 0)::bigint FROM (${parts.join(" UNION ALL ")}) AS e`;
  const [row] = await rows<[string]>(sql, { text, values: bindings.values }, false);
  return Number(row?.[0]);
}

const EVER = { from: MIN_TIME_MS, to: MAX_TIME_MS + 1 };

/** Whether anything of the plan's time is counted. */
function counts({ countedTo }: CountState, plan: CountPlan): boolean {
  return countedTo === undefined || countedTo > plan.counted.from;
}
