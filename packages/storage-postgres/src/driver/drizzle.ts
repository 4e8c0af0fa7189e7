import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Pool } from "./pool.js";

export type Db = PostgresJsDatabase<Record<string, never>>;
export type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

/**
 * Runs statements of drizzle's. The promise is made here, because drizzle's own promises run the statement for each
 * `await`.
 */
export function runDrizzle<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  return pool.run(async (sql) => work(drizzle(sql)));
}
