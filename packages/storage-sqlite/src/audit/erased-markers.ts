import type { AuditKey, ErasedParts } from "@agent-assembly/storage-core/backend";
import type { Database, Statement } from "better-sqlite3";

type Key = [ts: number, eventId: string];

/** Which parts of events were erased, over one connection. */
export class ErasedMarkers {
  #find: Statement<Key, string> | undefined;
  #store: Statement<[...Key, parts: string]> | undefined;
  #exist = false;

  constructor(private readonly connection: Database) {}

  /** @returns `undefined` for an event that has lost nothing */
  of({ ts, eventId }: AuditKey): readonly string[] | undefined {
    if (!this.#tableExists()) return undefined;
    this.#find ??= this.connection
      .prepare<Key, string>("SELECT parts FROM audit_erased WHERE ts = ? AND event_id = ?")
      .pluck();
    const parts = this.#find.get(ts, eventId);
    return parts === undefined ? undefined : (JSON.parse(parts) as string[]);
  }

  /** Within a transaction. */
  store({ ts, eventId, parts }: ErasedParts): void {
    this.#store ??= this.connection.prepare<[...Key, string]>(
      "INSERT OR REPLACE INTO audit_erased (ts, event_id, parts) VALUES (?, ?, ?)",
    );
    this.#store.run(ts, eventId, JSON.stringify(parts));
  }

  /** It does not in a schema that `migrate: "off"` leaves as it is. */
  #tableExists(): boolean {
    const found = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit_erased'";
    this.#exist ||= this.connection.prepare(found).get() !== undefined;
    return this.#exist;
  }
}
