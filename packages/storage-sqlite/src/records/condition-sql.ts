import {
  type ComparisonName,
  type Condition,
  type ConditionFold,
  foldCondition,
} from "@agent-assembly/storage-core/backend";
import { joined, type Condition as SqlCondition } from "../sql/filter.js";

const OPERATORS: Readonly<Record<ComparisonName, string>> = { lt: "<", lte: "<=", gt: ">", gte: ">=" };

/** A condition as an expression; every value is bound. @param columns quoted, by the member of the row that they store */
export function whereSql<Row>(columns: Readonly<Record<string, string>>, condition: Condition<Row>): SqlCondition {
  const fold: ConditionFold<SqlCondition> = {
    and: (parts) => joined(parts, " AND ", "TRUE"),
    or: (parts) => joined(parts, " OR ", "FALSE"),
    isNull: (member, isNull) => ({ sql: `${columns[member]} IS ${isNull ? "" : "NOT "}NULL`, values: [] }),
    in: (member, values) => inSql(columns[member] as string, values),
    compare: (member, comparison, value) => ({ sql: `${columns[member]} ${OPERATORS[comparison]} ?`, values: [value] }),
  };
  return foldCondition(condition, fold);
}

function inSql(column: string, values: readonly string[]): SqlCondition {
  if (values.length === 1) return { sql: `${column} = ?`, values };
  // One bound value whatever the length, so that long lists need no longer statements.
  return { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}
