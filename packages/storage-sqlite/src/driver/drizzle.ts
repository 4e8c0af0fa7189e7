import type Database from "better-sqlite3";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";

export type SqliteDrizzle = BetterSQLite3Database<Record<string, never>>;

export function drizzleOn(connection: Database.Database): SqliteDrizzle {
  return drizzle({ client: connection });
}
