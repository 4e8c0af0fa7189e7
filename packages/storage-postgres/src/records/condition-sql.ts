import {
  type ComparisonName,
  type Condition,
  type ConditionFold,
  foldCondition,
} from "@agent-assembly/storage-core/backend";
import { and, gt, gte, isNotNull, isNull, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { textArray } from "../sql/array-literal.js";

/** Columns by the member of the row that they store. */
export type Columns = Readonly<Record<string, PgColumn>>;

const COMPARE: Readonly<Record<ComparisonName, typeof lt>> = { lt, lte, gt, gte };

/** A condition as SQL; every value is bound. */
export function whereSql<Row>(columns: Columns, condition: Condition<Row>): SQL {
  const column = (member: string): PgColumn => columns[member] as PgColumn;
  const fold: ConditionFold<SQL> = {
    and: (parts) => and(...parts) ?? sql`true`,
    or: (parts) => or(...parts) ?? sql`false`,
    isNull: (member, absent) => (absent ? isNull(column(member)) : isNotNull(column(member))),
    // Values go as one array: however many there are, the statement takes one parameter for them.
    in: (member, values) => sql`${column(member)} = ANY(${textArray(values)}::text[])`,
    compare: (member, comparison, value) => COMPARE[comparison](column(member), value),
  };
  return foldCondition(condition, fold);
}
