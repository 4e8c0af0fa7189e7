import type { Value } from "../sql/bindings.js";
import type { AnySql } from "./client/connect.js";

/** A statement with its values bound as `$1`, `$2`, ... */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
}

/** What the server says of a statement that answers without rows. */
export interface Answer {
  /** How many rows it inserted, changed or removed. */
  readonly count: number;
}

/** Rows as arrays of columns, in the order of the select list. Types without a parser of their own stay text. */
export async function rows<Row extends readonly unknown[]>(
  sql: AnySql,
  statement: Statement,
  prepare: boolean,
): Promise<Row[]> {
  const answer = await sql.unsafe(statement.text, [...statement.values], { prepare }).values();
  return answer as unknown as Row[];
}
