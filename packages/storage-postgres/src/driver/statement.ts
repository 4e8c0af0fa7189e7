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

/**
 * Hands over each row as it arrives, while the server makes the next ones: what is made of rows takes no time of its own then.
 * @param onRow as of {@link rows}; rows of a statement that fails are handed over, too
 */
export async function eachRow<Row extends readonly unknown[]>(
  sql: AnySql,
  statement: Statement,
  prepare: boolean,
  onRow: (row: Row) => void,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  // A member of each query of the driver is a function literal, which V8 puts among old objects at once: what the query refers to
  // outlives all minor collections, and each of them copies it. So it does not refer to what is made of the rows.
  let give: ((row: Row) => void) | undefined = onRow;
  const query = sql.unsafe(statement.text, [...statement.values], { prepare }).values() as unknown as ByRow<Row>;
  const take = (row: Row): void => {
    if (failure !== undefined) return;
    // The driver takes what is thrown here for an error of the connection.
    try {
      give?.(row);
    } catch (error) {
      failure = { error };
    }
  };
  try {
    await query.forEach(take);
  } finally {
    give = undefined;
  }
  if (failure !== undefined) throw failure.error;
}

/** What the types of the driver leave out. */
interface ByRow<Row> {
  forEach(onRow: (row: Row) => void): Promise<unknown>;
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
