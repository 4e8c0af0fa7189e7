import type Database from "better-sqlite3";

const MAX_STATEMENTS = 200;

/** Prepared statements by their text; preparing costs more than most reads. */
export class StatementCache {
  readonly #statements = new Map<string, Database.Statement<unknown[], unknown[]>>();

  constructor(private readonly connection: Database.Database) {}

  /** A statement whose rows are arrays. */
  rows<Row extends unknown[] = unknown[]>(sql: string): Database.Statement<unknown[], Row> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
      statement = this.connection.prepare<unknown[], unknown[]>(sql).raw() as Database.Statement<unknown[], unknown[]>;
      this.#statements.set(sql, statement);
    }
    return statement as Database.Statement<unknown[], Row>;
  }
}
