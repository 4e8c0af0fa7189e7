import type Database from "better-sqlite3";

const MAX_STATEMENTS = 200;

type Statement<Row> = Database.Statement<unknown[], Row>;

/** Prepared statements by their text; preparing costs more than most reads. */
export class StatementCache {
  readonly #rows = new Map<string, Statement<unknown>>();
  readonly #objects = new Map<string, Statement<unknown>>();

  constructor(private readonly connection: Database.Database) {}

  /** A statement whose rows are arrays. */
  rows<Row extends unknown[] = unknown[]>(sql: string): Statement<Row> {
    return this.#prepared(this.#rows, sql, (statement) => statement.raw()) as Statement<Row>;
  }

  /** A statement whose rows are objects, with a member for each name in the select list, or that returns none. */
  objects<Row extends object>(sql: string): Statement<Row> {
    return this.#prepared(this.#objects, sql, (statement) => statement) as Statement<Row>;
  }

  #prepared(
    cached: Map<string, Statement<unknown>>,
    sql: string,
    setUp: (statement: Statement<unknown>) => Statement<unknown>,
  ): Statement<unknown> {
    let statement = cached.get(sql);
    if (statement === undefined) {
      if (cached.size >= MAX_STATEMENTS) cached.clear();
      statement = setUp(this.connection.prepare<unknown[], unknown>(sql));
      cached.set(sql, statement);
    }
    return statement;
  }
}
