import type { NewAuditEvent } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";

let made = 0;

/** Events that differ from all others. */
export function makeEvents(count: number): NewAuditEvent[] {
  return Array.from({ length: count }, () => ({
    ts: new Date(),
    agentId: "agent-1",
    action: "tool_call",
    decision: "allow",
    payload: { n: made++, note: "x".repeat(200) },
  }));
}

/** What a file holds, by SQLite alone. */
export function rawRows(path: string) {
  const db = new Database(path, { readonly: true });
  const table = (name: string): unknown[][] =>
    db.prepare(`SELECT * FROM ${name} ORDER BY 1`).raw().all() as unknown[][];
  try {
    const all = Object.fromEntries(
      ["agent_registry", "policy_versions", "legal_holds"].map((name) => [name, table(name)]),
    );
    return {
      integrity: db.pragma("integrity_check", { simple: true }),
      journalMode: db.pragma("journal_mode", { simple: true }),
      /** In commit order; the sequence number first. */
      events: table("audit_events"),
      table: (name: "agent_registry" | "policy_versions" | "legal_holds") => all[name],
    };
  } finally {
    db.close();
  }
}
