import assert from "node:assert/strict";
import type { AuditFilter, StorageBackend, SummaryDimension } from "@agent-assembly/storage-core";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";

const HOUR_MS = 3_600_000;

/** One row of an answer as text, so that answers can be compared whatever their order. */
export type AnswerLine = string;

/** The same question by SQL over rows, through the raw driver. */
export type OverRows = (column: string) => Promise<AnswerLine[]>;

const COLUMNS: Readonly<Record<string, SummaryDimension>> = {
  decision: "decision",
  agent_id: "agentId",
  tool: "tool",
  team_id: "teamId",
};
/** What events are counted by. */
export const HOURLY = Object.values(COLUMNS);

/** Hourly counts by one member, by the store and over rows, whose answers must be equal. */
export async function hourlyQuestions(
  name: string,
  ours: StorageBackend,
  filter: AuditFilter,
  overRows: OverRows,
  rounds: number,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [column, dimension] of Object.entries(COLUMNS)) {
    const ask = () => ours.audit.summarize(filter, { bucket: { every: "1h" }, groupBy: [dimension] });
    const given = (await ask()).map(({ bucket, key, count }) => line(bucket as Date, key[dimension], count));
    assert.deepEqual(given.sort(), (await overRows(column)).sort(), `${name} by ${dimension}: the answers differ`);
    const measured = await inTurn(
      rounds,
      async () => 1 / (await seconds(ask)),
      async () => 1 / (await seconds(() => overRows(column))),
    );
    const what = `${name} counts per hour and ${dimension}, against SQL over rows`;
    // By agent, an answer has so many lines that reading them takes most of the time.
    results.push(judge(what, "queries/s", measured, { kind: "at least", ratio: dimension === "decision" ? 20 : 1 }));
  }
  return results;
}

/** @param start of the hour */
export function line(start: Date, value: unknown, count: number): AnswerLine {
  return `${start.getTime() / HOUR_MS} ${String(value)} ${count}`;
}
