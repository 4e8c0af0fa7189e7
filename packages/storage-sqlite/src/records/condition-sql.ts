import {
  type ComparisonName,
  type Condition,
  type ConditionFold,
  foldCondition,
} from "@agent-assembly/storage-core/backend";
import { and, eq, gt, gte, isNotNull, isNull, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** Columns by the member of the row that they store. */
export type Columns = Readonly<Record<string, SQLiteColumn>>;

const COMPARE: Readonly<Record<ComparisonName, typeof lt>> = { lt, lte, gt, gte };

/** A condition as SQL; every value is bound. */
export function whereSql<Row>(columns: Columns, condition: Condition<Row>): SQL {
  const column = (member: string): SQLiteColumn => columns[member] as SQLiteColumn;
  const fold: ConditionFold<SQL> = {
    and: (parts) => and(...parts) ?? sql`TRUE`,
    or: (parts) => or(...parts) ?? sql`FALSE`,
    isNull: (member, absent) => (absent ? isNull(column(member)) : isNotNull(column(member))),
    in: (member, values) => inSql(column(member), values),
    compare: (member, comparison, value) => COMPARE[comparison](column(member), value),
  };
  return foldCondition(condition, fold);
}

function inSql(column: SQLiteColumn, values: readonly string[]): SQL {
  if (values.length === 0) return sql`FALSE`;
  if (values.length === 1) return eq(column, values[0]);
  // One bound value whatever the length, because a statement takes a limited number of them.
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}
