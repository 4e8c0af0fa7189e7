import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Pool, Sql } from "./pool.js";

export type Db = PostgresJsDatabase<Record<string, never>>;
export type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

const databases = new WeakMap<Sql, Db>();

/** drizzle on a client of ours; transactions by its `transaction()`. */
function drizzleOn(sql: Sql): Db {
  let db = databases.get(sql);
  if (db === undefined) {
    db = drizzle(sql);
    databases.set(sql, db);
  }
  return db;
}

/**
 * Runs statements of drizzle's. The promise is made here, because drizzle's own promises run the statement for each
 * `await`.
 */
export function runDrizzle<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  return pool.run(async (sql) => work(drizzleOn(sql)));
}
