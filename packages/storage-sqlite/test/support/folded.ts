import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";

/** What is stored, and how much of it is counted. */
export function foldingOf(path: string): { readonly folded: number; readonly newest: number } {
  const raw = new Database(path, { readonly: true });
  try {
    const folded = raw.prepare("SELECT folded_seq FROM audit_count_state").pluck().get() as number;
    const newest = raw.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'").pluck().get();
    return { folded, newest: (newest as number | undefined) ?? 0 };
  } finally {
    raw.close();
  }
}

/** Resolves when the processes that have the file open have counted all of it. */
export async function untilFolded(path: string): Promise<void> {
  for (;;) {
    const { folded, newest } = foldingOf(path);
    if (folded === newest) return;
    await sleep(20);
  }
}
