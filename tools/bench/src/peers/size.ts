import Database from "better-sqlite3";
import { rawClient } from "../postgres/store.js";
import type { StoreName } from "./versions.js";

/** Bytes of a store: pages of the file, or tables with their indexes and what lies beside them. */
export function bytesOf(store: StoreName, place: string): Promise<number> {
  return store === "sqlite" ? bytesOfFile(place) : bytesOfDatabase(place);
}

async function bytesOfFile(path: string): Promise<number> {
  const database = new Database(path);
  try {
    const pages = database.pragma("page_count", { simple: true }) as number;
    return pages * (database.pragma("page_size", { simple: true }) as number);
  } finally {
    database.close();
  }
}

async function bytesOfDatabase(url: string): Promise<number> {
  const sql = rawClient(url, 1);
  try {
    const [row] = await sql.unsafe<{ bytes: string }[]>(`
      SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::text AS bytes
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')`);
    return Number(row?.bytes);
  } finally {
    await sql.end();
  }
}
