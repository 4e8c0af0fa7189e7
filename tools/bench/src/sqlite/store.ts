import { join } from "node:path";
import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { RAW_COLUMNS } from "../sample.js";
import { withFolder } from "../surroundings.js";

export const ANY_AGE = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

/** A store and a raw connection, each on a file of its own with the same schema, for the time of `work`. */
export function withStores<T>(
  work: (ours: StorageBackend, raw: Database.Database, paths: { ours: string; raw: string }) => Promise<T>,
): Promise<T> {
  return withFolder("sqlite", async (folder) => {
    const paths = { ours: join(folder, "ours.db"), raw: join(folder, "raw.db") };
    await (await openSqliteStorage({ path: paths.raw })).close();
    const ours = await openSqliteStorage({ path: paths.ours, limits: ANY_AGE });
    const raw = openRaw(paths.raw);
    try {
      return await work(ours, raw, paths);
    } finally {
      raw.close();
      await ours.close();
    }
  });
}

/** The raw driver with the durability of the store. */
export function openRaw(path: string): Database.Database {
  const raw = new Database(path);
  raw.pragma("journal_mode = WAL");
  raw.pragma("synchronous = FULL");
  return raw;
}

/** The floor's own insert: what one writes by hand against the driver. */
export function rawInsert(raw: Database.Database): (event: NewAuditEvent) => void {
  const statement = raw.prepare(`INSERT INTO audit_events (${RAW_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`);
  return (event) => {
    statement.run(
      event.ts.getTime(),
      Date.now(),
      event.eventId,
      event.agentId,
      event.teamId ?? null,
      event.orgId ?? null,
      event.sessionId ?? null,
      event.traceId ?? null,
      event.action,
      event.decision,
      event.dryRun ? 1 : 0,
      event.shadowDecision ?? null,
      event.matchedRuleId ?? null,
      (event.payload as { tool: string }).tool,
      JSON.stringify(event.payload),
    );
  };
}
