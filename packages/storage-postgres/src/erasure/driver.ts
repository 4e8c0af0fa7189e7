import type { ScrubReport } from "@agent-assembly/storage-core";
import type {
  AuditKey,
  ErasedEvidence,
  ErasedParts,
  ErasureBatch,
  ErasureDriver,
  ErasureOutcome,
  ScrubOptions,
} from "@agent-assembly/storage-core/backend";
import { maintain } from "../driver/maintenance.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { untilUndisturbed } from "../driver/undisturbed.js";
import { type ErasureNames, erasureNames } from "../restoring/erasure-names.js";
import { addMarkers, readMarkers } from "../restoring/markers.js";
import { toTimestamp } from "../sql/timestamps.js";
import { eraseEvents } from "./erase-batch.js";
import { replaceEvidence } from "./evidence.js";
import { scrub } from "./scrub.js";
import { ErasureUndone } from "./undone.js";

/** Erases parts of events of one schema. */
export class PostgresErasureDriver implements ErasureDriver {
  readonly notCovered = [
    "backups of the database, its archived write-ahead log, and standbys that do not follow it",
    "the server's own log, where it logs statements with their values",
    "counts of events that were dropped before",
  ];
  readonly #names: ErasureNames;

  constructor(private readonly pool: Pool) {
    this.#names = erasureNames(pool.options.schema);
  }

  async erase(batch: ErasureBatch): Promise<ErasureOutcome> {
    try {
      await untilUndisturbed(() => maintain(this.pool, (sql) => this.#erase(sql, batch)));
      return { outcome: "erased" };
    } catch (error) {
      if (error instanceof ErasureUndone) return error.outcome;
      throw error;
    }
  }

  erased(keys: readonly AuditKey[]): Promise<ErasedParts[]> {
    return this.pool.run((sql) => readMarkers(sql, this.#names, keys, this.pool.options.prepare));
  }

  async mark(events: readonly ErasedParts[], evidence?: ErasedEvidence): Promise<boolean> {
    const names = this.#names;
    const mark = (sql: TransactionSql) => rows(sql, addMarkers(names, events), false);
    try {
      await untilUndisturbed(() =>
        maintain(this.pool, async (sql) => {
          if (evidence === undefined) return mark(sql);
          // Before any other lock.
          await sql.unsafe(`SELECT ${names.lock}(true)`);
          await replaceEvidence(sql, names, evidence);
          return mark(sql);
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ErasureUndone) return false;
      throw error;
    }
  }

  scrub(options: ScrubOptions): Promise<ScrubReport> {
    return scrub(this.pool, this.#names, options);
  }

  async #erase(sql: TransactionSql, { erasureId, events, evidence }: ErasureBatch): Promise<void> {
    const names = this.#names;
    // Before any other lock.
    await sql.unsafe(`SELECT ${names.lock}(true)`);
    if (evidence !== undefined) await replaceEvidence(sql, names, evidence);
    if (events.length === 0) return;
    await eraseEvents(sql, this.pool, names, events);
    const times = events.map(({ event: { ts } }) => ts);
    await sql.unsafe(
      `UPDATE ${names.erasures} SET events = events + $2::bigint, from_ts = least(from_ts, $3::timestamptz),
         to_ts = greatest(to_ts, $4::timestamptz) WHERE erasure_id = $1::uuid`,
      [erasureId, events.length, toTimestamp(Math.min(...times)), toTimestamp(Math.max(...times))],
    );
  }
}
