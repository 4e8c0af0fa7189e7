import {
  COUNT_CUBES,
  type CountDimension,
  type CountPlan,
  countDimensionsOf,
  fromCellHour,
  planSpan,
} from "@agent-assembly/storage-core/backend";
import { cubeLevelOf, PAYLOAD_BYTES } from "../counts/layout.js";
import { selectCounts } from "../counts/select.js";
import { FOLDED_SEQ } from "../counts/tables.js";
import type { Condition } from "../sql/filter.js";
import { NEWEST_SEQ } from "../sql/newest-seq.js";
import { allOf, type PartOfLog, selectedRows } from "./slice-sql.js";

const DAY_MS = 86_400_000;
const DAY_OF_EVENT = `e.ts - (e.ts % ${DAY_MS} + ${DAY_MS}) % ${DAY_MS}`;

/** @returns the cells and rows that tell how many rows a part has, and their bytes; `undefined` when only rows do */
export function planMeasure({ from, to, selection }: PartOfLog): CountPlan | undefined {
  const needed = new Set<CountDimension>();
  for (const filter of [...(selection?.only ?? []), ...(selection?.except ?? [])]) {
    const members = filter.from === undefined && filter.to === undefined ? countDimensionsOf(filter) : undefined;
    if (members === undefined) return undefined;
    for (const member of members) needed.add(member);
  }
  const cube = COUNT_CUBES.find(
    ({ dimensions, sized }) => sized && [...needed].every((member) => dimensions.includes(member)),
  );
  return cube && planSpan({ from, to }, new Set(cube.dimensions));
}

/** One row: how many rows, bytes of their payloads, the newest sequence number and the counted one at that moment. */
export function selectCountedMeasure(plan: CountPlan, part: PartOfLog): Condition {
  const selected = selectedRows({ ...part, last: undefined });
  const condition = selected.length === 0 ? undefined : allOf(selected);
  const { sql, values } = selectCounts(plan, { groups: [], condition, sized: true, last: part.last });
  return { sql: `SELECT n, b, (${NEWEST_SEQ}), (${FOLDED_SEQ}) FROM (${sql})`, values };
}

/** One row for each day with events, in order: its start, how many, bytes of their payloads. */
export function selectDays(): Condition {
  return {
    sql: `SELECT ${DAY_OF_EVENT} AS day, count(*), sum(${PAYLOAD_BYTES}) FROM audit_events AS e GROUP BY day ORDER BY day`,
    values: [],
  };
}

/** {@link selectDays} from kept counts. */
export function selectCountedDays(): Condition {
  const sized = COUNT_CUBES.find((cube) => cube.sized && cube.levels.includes("day"));
  const ofCells = `SELECT hour * ${fromCellHour(1)} AS day, sum(events) AS n, sum(payload_bytes) AS b
    FROM audit_counts WHERE cube_level = ${sized && cubeLevelOf(sized, "day")} GROUP BY hour`;
  const behind = `SELECT ${DAY_OF_EVENT} AS day, count(*) AS n, sum(${PAYLOAD_BYTES}) AS b
    FROM audit_events AS e NOT INDEXED WHERE e.seq > (${FOLDED_SEQ}) GROUP BY day`;
  return {
    sql: `SELECT day, sum(n), sum(b) FROM (${ofCells} UNION ALL ${behind}) GROUP BY day ORDER BY day`,
    values: [],
  };
}
