import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Sql } from "./pool.js";

export type Db = PostgresJsDatabase<Record<string, never>>;

const databases = new WeakMap<Sql, Db>();

/** drizzle on a client of ours; transactions by its `transaction()`. */
export function drizzleOn(sql: Sql): Db {
  let db = databases.get(sql);
  if (db === undefined) {
    db = drizzle(sql);
    databases.set(sql, db);
  }
  return db;
}
