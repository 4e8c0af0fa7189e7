import {
  type AuditEventRow,
  type AuditKey,
  type EvidenceAnchor,
  type EvidenceBatch,
  type EvidenceBeginning,
  type EvidenceCheckpoint,
  type EvidenceCommit,
  type EvidenceEvent,
  type EvidenceKey,
  type EvidenceLog,
  type EvidenceMove,
  type EvidencePart,
  type EvidenceRange,
  type EvidenceSeed,
  type EvidenceSlice,
  type EvidenceStatement,
  type EvidenceSupport,
  type EvidenceTile,
  type EvidenceVerification,
  formatNumberedPosition,
  type KeptEvidenceVerification,
  parseNumberedPosition,
  type RestoredEvent,
  type RowPlaces,
} from "@agent-assembly/storage-core/backend";
import { EVENT_COLUMNS, type EventRow, fromRow, SELECT_COLUMNS } from "../audit/rows.js";
import type { AuditTail } from "../audit/tail.js";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { StatementCache } from "../driver/statement-cache.js";
import type { WriteQueue } from "../driver/write-queue.js";
import type { RecordedEvents } from "../records/recorded-events.js";
import { insertGrowth } from "./insert-growth.js";
import { readTiles } from "./stripes.js";

/** What {@link SqliteEvidenceDriver} works with. */
export interface SqliteEvidenceParts {
  readonly reads: StatementCache;
  /** Of the writing connection; used in jobs of the queue only. */
  readonly writes: StatementCache;
  readonly queue: WriteQueue;
  readonly yielder: EventLoopYielder;
  readonly tail: Pick<AuditTail, "newest">;
  /** Where changes are recorded; absent: nowhere. */
  readonly events: RecordedEvents | undefined;
}

const EVENTS = `SELECT ${SELECT_COLUMNS}, e.seq FROM audit_events AS e`;
/** In one statement, so that a row and its leaf are of the same state. */
const NEXT = `SELECT ${SELECT_COLUMNS}, e.seq, m.log, m.leaf, m.archive, m.manifest FROM audit_events AS e
  LEFT JOIN evidence_moved AS m ON m.seq = e.seq WHERE e.seq > ? ORDER BY e.seq LIMIT ?`;
/** Milliseconds since the epoch. */
const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const LOGS = "SELECT log, origin, size, root, position, chain FROM evidence_log ORDER BY log";

/**
 * The evidence of a file. Rows are numbered in commit order, see `AuditTail`, so a position is the number of the newest sealed
 * event.
 */
export class SqliteEvidenceDriver implements EvidenceSupport {
  constructor(private readonly sources: SqliteEvidenceParts) {}

  async log(): Promise<EvidenceLog | undefined> {
    return (await this.#read<EvidenceLog>(`${LOGS} DESC LIMIT 1`))[0];
  }

  logs(): Promise<EvidenceLog[]> {
    return this.#read(LOGS);
  }

  begin({ log, origin, root, chain, size = 0, record, ...first }: EvidenceBeginning): Promise<boolean> {
    return this.#recording(record, () => {
      const { changes } = this.sources.writes
        .objects(
          `INSERT INTO evidence_log (log, origin, size, root, position, chain)
            SELECT ?, ?, ?, ?, '', ? WHERE ? = (SELECT count(*) FROM evidence_log) + 1`,
        )
        .run(log, origin, size, root, chain, log);
      if (changes === 0) return false;
      const { tiles = [], seeds = [], statements = [] } = first;
      insertGrowth(this.sources.writes, { log, tiles, batches: [], seeds, statements });
      return true;
    });
  }

  async next(after: string, limit: number): Promise<EvidenceSlice> {
    await this.sources.yielder.due();
    const start = this.#seqOf("after", after);
    const rows = this.sources.reads.rows(NEXT).all(start, limit + 1);
    const events: EvidenceEvent[] = [];
    const restored: RestoredEvent[] = [];
    for (const row of rows.slice(0, limit)) {
      const found = toEvent(row);
      const [log, leaf, archive, manifest] = row.slice(EVENT_COLUMNS.length + 1) as Move;
      if (log === null) events.push(found);
      else restored.push({ ...found, log, leaf, archive, manifest });
    }
    const last = rows.slice(0, limit).at(-1)?.[EVENT_COLUMNS.length] as number | undefined;
    return { events, restored, position: formatNumberedPosition(last ?? start), more: rows.length > limit };
  }

  commit(commit: EvidenceCommit): Promise<boolean> {
    const { log, from, to } = commit;
    return this.#recording(commit.record, () => {
      const { changes } = this.sources.writes
        .objects(
          `UPDATE evidence_log SET size = ?, root = ?, position = ?, chain = ?
            WHERE log = ? AND size = ? AND position = ? AND log = (SELECT max(log) FROM evidence_log)`,
        )
        .run(to.size, to.root, to.position, to.chain, log, from.size, from.position);
      if (changes === 0) return false;
      insertGrowth(this.sources.writes, commit);
      return true;
    });
  }

  async tiles(log: number, level: number, range: EvidenceRange): Promise<EvidenceTile[]> {
    await this.sources.yielder.due();
    return readTiles(this.sources.reads, log, level, range);
  }

  batches(log: number, { from, limit }: EvidenceRange): Promise<EvidenceBatch[]> {
    const sql = `SELECT first, count, first_seq AS firstSeq, last_seq AS lastSeq, from_ts AS fromTs, to_ts AS toTs, seqs
      FROM evidence_batches WHERE log = ? AND first + count > ? AND first >= ifnull(
        (SELECT max(first) FROM evidence_batches WHERE log = ? AND first <= ?), 0) ORDER BY first LIMIT ?`;
    return this.#read(sql, log, from, log, from, limit);
  }

  seeds(log: number, { from, limit }: EvidenceRange): Promise<EvidenceSeed[]> {
    const sql = `SELECT bundle, depth, path, node FROM evidence_seeds WHERE log = ? AND bundle >= ? AND bundle < ?
      ORDER BY bundle, depth, path`;
    return this.#read(sql, log, from, from + limit);
  }

  async parts(log: number, { from, limit }: EvidenceRange): Promise<EvidencePart[]> {
    const sql = `SELECT leaf, place, is_erased AS isErased, bytes FROM evidence_parts WHERE log = ? AND leaf IN (
      SELECT DISTINCT leaf FROM evidence_parts WHERE log = ? AND leaf >= ? ORDER BY leaf LIMIT ?) ORDER BY leaf, place`;
    const found = await this.#read<Omit<EvidencePart, "isErased"> & { isErased: number }>(sql, log, log, from, limit);
    return found.map((part) => ({ ...part, isErased: part.isErased === 1 }));
  }

  statements(log: number, { from, limit }: EvidenceRange): Promise<EvidenceStatement[]> {
    const sql = `SELECT leaf, kind, entry, list FROM evidence_statements WHERE log = ? AND leaf >= ?
      ORDER BY leaf LIMIT ?`;
    return this.#read(sql, log, from, limit);
  }

  moved(log: number, { from, limit }: EvidenceRange): Promise<EvidenceMove[]> {
    const sql = `SELECT leaf, seq, archive, manifest FROM evidence_moved WHERE log = ? AND leaf >= ?
      ORDER BY leaf LIMIT ?`;
    return this.#read(sql, log, from, limit);
  }

  async rows(seqs: readonly number[], places?: RowPlaces): Promise<EvidenceEvent[]> {
    await this.sources.yielder.due();
    const sql = `${EVENTS} WHERE e.seq IN (SELECT value FROM json_each(?)) AND e.ts BETWEEN ? AND ?`;
    const { from, to } = places ?? { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
    return this.sources.reads.rows(sql).all(JSON.stringify(seqs), from, to).map(toEvent);
  }

  async keys(position: string, after: AuditKey | undefined, limit: number): Promise<EvidenceKey[]> {
    const last = this.#seqOf("position", position);
    const behind = after === undefined ? "" : "(ts, event_id) > (?, ?) AND ";
    const sql = `SELECT seq, ts, event_id AS eventId FROM audit_events WHERE ${behind}seq <= ?
      ORDER BY ts, event_id LIMIT ?`;
    return this.#read(sql, ...(after === undefined ? [] : [after.ts, after.eventId]), last, limit);
  }

  async recordCheckpoint({ log, size, note, at }: EvidenceCheckpoint): Promise<void> {
    const sql = "INSERT OR REPLACE INTO evidence_checkpoints (log, size, note, at) VALUES (?, ?, ?, ?)";
    await this.sources.queue.transaction(() => this.sources.writes.objects(sql).run(log, size, note, at));
  }

  checkpoints(limit: number, log?: number): Promise<EvidenceCheckpoint[]> {
    const sql = `SELECT log, size, note, at FROM evidence_checkpoints ${ofLog(log)} ORDER BY log DESC, size DESC LIMIT ?`;
    return this.#read(sql, ...(log === undefined ? [] : [log]), limit);
  }

  async recordAnchor({ log, size, kind, target, at, receipt }: EvidenceAnchor): Promise<void> {
    const sql = `INSERT OR REPLACE INTO evidence_anchors (log, size, kind, target, at, receipt)
      VALUES (?, ?, ?, ?, ?, ?)`;
    await this.sources.queue.transaction(() =>
      this.sources.writes.objects(sql).run(log, size, kind, target, at, receipt),
    );
  }

  anchors(limit: number, log?: number): Promise<EvidenceAnchor[]> {
    const sql = `SELECT log, size, kind, target, at, receipt FROM evidence_anchors ${ofLog(log)}
      ORDER BY log DESC, size DESC, kind, target LIMIT ?`;
    return this.#read(sql, ...(log === undefined ? [] : [log]), limit);
  }

  async recordVerification({ id, log, startedAt, report }: EvidenceVerification): Promise<void> {
    const sql = `INSERT INTO evidence_verifications (verification_id, log, started_at, stored_at, report)
      VALUES (?, ?, ?, ${NOW}, ?)
      ON CONFLICT (verification_id) DO UPDATE SET stored_at = excluded.stored_at, report = excluded.report`;
    await this.sources.queue.transaction(() => this.sources.writes.objects(sql).run(id, log, startedAt, report));
  }

  verifications(limit: number, id?: string): Promise<KeptEvidenceVerification[]> {
    const sql = `SELECT verification_id AS id, log, started_at AS startedAt, report, max(0, ${NOW} - stored_at) AS unchangedMs
      FROM evidence_verifications ${id === undefined ? "" : "WHERE verification_id = ?"}
      ORDER BY started_at DESC, verification_id LIMIT ?`;
    return this.#read(sql, ...(id === undefined ? [] : [id]), limit);
  }

  /** Runs a transaction, and stores with it the event that records it. @param work false where nothing was changed */
  async #recording(record: AuditEventRow | undefined, work: () => boolean): Promise<boolean> {
    const { queue, events } = this.sources;
    let isRecorded = false;
    const isDone = await queue.transaction(() => {
      const done = work();
      isRecorded = done && events?.store(record) === true;
      return done;
    });
    if (isRecorded) events?.committed();
    return isDone;
  }

  async #read<Row extends object>(sql: string, ...values: readonly unknown[]): Promise<Row[]> {
    await this.sources.yielder.due();
    return this.sources.reads.objects<Row>(sql).all(...values);
  }

  #seqOf(what: string, position: string): number {
    return parseNumberedPosition(what, position, this.sources.tail.newest());
  }
}

function ofLog(log: number | undefined): string {
  return log === undefined ? "" : "WHERE log = ?";
}

function toEvent(row: readonly unknown[]): EvidenceEvent {
  return { seq: row[EVENT_COLUMNS.length] as number, event: fromRow(row as unknown as EventRow) };
}

type Move = [log: number | null, leaf: number, archive: string, manifest: string];
