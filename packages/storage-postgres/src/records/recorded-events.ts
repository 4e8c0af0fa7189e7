import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import type { TailWakeUps } from "../audit/tail-wake-ups.js";
import type { AuditWriter } from "../audit/writer.js";
import type { CountFolder } from "../counts/folder.js";
import type { Statement } from "../driver/statement.js";
import type { Value } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { toStoredJson } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";

/** What is told of what was written. */
export interface RecordedEventsParts {
  readonly writer: Pick<AuditWriter, "released">;
  readonly wakeUps: Pick<TailWakeUps, "committed">;
  readonly folder: Pick<CountFolder, "added">;
}

/**
 * Stores the events that record changes of other tables, in the transactions of the changes: by a function of the schema, since
 * not every role that may change something may write to the log.
 */
export class RecordedEvents {
  /** Quoted, with its schema. */
  readonly function: string;

  constructor(
    schema: string,
    private readonly parts: RecordedEventsParts,
  ) {
    this.function = `${quoteIdentifier(schema)}.record_governance`;
  }

  /** The arguments of {@link function}. */
  valuesOf({ ts, eventId, agentId, teamId, orgId, decision, payload }: AuditEventRow): Value[] {
    return [
      toTimestamp(ts),
      eventId,
      agentId,
      teamId,
      orgId,
      decision,
      payload === null ? null : toStoredJson(payload),
    ];
  }

  /** Answers one row: whether the event was stored; false for one that is there. */
  statement(event: AuditEventRow): Statement {
    return { text: `SELECT ${this.function}($1, $2, $3, $4, $5, $6, $7)`, values: this.valuesOf(event) };
  }

  /** Call it before a transaction that may record a change. */
  async ready(): Promise<void> {
    await this.parts.writer.released();
  }

  /** Call it once the transaction is committed. */
  committed(): void {
    this.parts.wakeUps.committed();
    this.parts.folder.added(1);
  }
}
