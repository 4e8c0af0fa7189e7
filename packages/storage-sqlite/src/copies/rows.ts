import type { BackupReport } from "@agent-assembly/storage-core";
import type { Database } from "better-sqlite3";

/** What a state of a database holds. */
export interface RowsFound {
  /** Of each table but those that a copy has of its own, and the counts, which follow from the events. */
  readonly rows: ReadonlyMap<string, number>;
  readonly newestRecordedAt: number | null;
}

/** The names of all tables with rows of the store. */
export const TABLES = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT IN ('store_histories', 'store_openings')
    AND name NOT LIKE 'audit!_count%' ESCAPE '!'
  ORDER BY name`;

export function countOf(table: string): string {
  return `SELECT count(*) FROM "${table.replaceAll('"', '""')}"`;
}

/** @throws the driver's errors */
export function readRows(db: Database): RowsFound {
  const tables = db.prepare<[], string>(TABLES).pluck().all();
  const rows = tables.map((name): [string, number] => [
    name,
    db.prepare<[], number>(countOf(name)).pluck().get() as number,
  ]);
  const newestRecordedAt = tables.includes("audit_events")
    ? (db.prepare<[], number | null>("SELECT recorded_at FROM audit_events ORDER BY seq DESC LIMIT 1").pluck().get() ??
      null)
    : null;
  return { rows: new Map(rows), newestRecordedAt };
}

export function describeRows({ rows, newestRecordedAt }: RowsFound): Pick<BackupReport, "rows" | "newestRecordedAt"> {
  return {
    rows: Object.fromEntries(rows),
    ...(newestRecordedAt !== null && { newestRecordedAt: new Date(newestRecordedAt) }),
  };
}
