import type Database from "better-sqlite3";
import { sampleEvents } from "../sample.js";
import { rawInsert } from "./store.js";

/** Fills a file through the raw driver, in big transactions: only the reading is measured afterwards. */
export function fill(raw: Database.Database, count: number, startMs: number, stepMs: number): void {
  const insert = rawInsert(raw);
  const batch = 10_000;
  for (let done = 0; done < count; done += batch) {
    const events = sampleEvents(Math.min(batch, count - done), 0);
    raw.transaction(() => {
      for (const [n, event] of events.entries()) {
        insert({ ...event, ts: new Date(startMs + (done + n) * stepMs) });
      }
    })();
  }
  raw.pragma("wal_checkpoint(TRUNCATE)");
}

/** Fills with rows made inside SQLite: ten million take a minute. */
export function fillSmall(raw: Database.Database, count: number, startMs: number): void {
  const made = raw.prepare("SELECT coalesce(max(seq), 0) FROM audit_events").pluck().get() as number;
  raw
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
       INSERT INTO audit_events (ts, recorded_at, event_id, agent_id, action, decision, dry_run)
       SELECT ? + i, ? + i, printf('00000000-0000-7000-8000-%012x', i), 'agent-' || (i % 50), 'tool_call', 'allow', 0 FROM n`,
    )
    .run(made, made + count, startMs, startMs);
  raw.pragma("wal_checkpoint(TRUNCATE)");
}
