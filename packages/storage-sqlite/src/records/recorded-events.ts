import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import type Database from "better-sqlite3";
import { EVENT_COLUMNS, type EventRow, insertEvent } from "../audit/rows.js";
import type { AuditTail } from "../audit/tail.js";
import type { IdleCheckpoint } from "../driver/idle-checkpoint.js";
import type { CountFolder } from "../folding/folder.js";

/** What is told of what was written. */
export interface RecordedEventsParts {
  readonly checkpoint: IdleCheckpoint;
  readonly tail: Pick<AuditTail, "wake">;
  readonly counts: Pick<CountFolder, "appended">;
}

/** Approximate bytes that an event adds to the log. */
const EVENT_LOG_BYTES = 1200;

/** Stores the events that record changes of other tables, in the transactions of the changes. */
export class RecordedEvents {
  readonly #insert: Database.Statement<EventRow>;

  /** @param connection the writing one */
  constructor(
    connection: Database.Database,
    private readonly parts: RecordedEventsParts,
  ) {
    // An event whose id follows from what it records may be there already.
    this.#insert = connection.prepare<EventRow>(
      `INSERT INTO audit_events (${EVENT_COLUMNS.join(", ")}) VALUES (${EVENT_COLUMNS.map(() => "?").join(", ")})
       ON CONFLICT (ts, event_id) DO NOTHING`,
    );
  }

  /** Within a transaction. @returns whether it was stored; false for no event and for one that is there */
  store(event: AuditEventRow | undefined): boolean {
    return event !== undefined && insertEvent(this.#insert, event).changes === 1;
  }

  /** Call it once the transaction is committed. */
  committed(): void {
    this.parts.checkpoint.wrote(EVENT_LOG_BYTES);
    this.parts.tail.wake();
    this.parts.counts.appended(1);
    this.parts.checkpoint.idle();
  }
}
