import type {
  AuditEventRow,
  AuditKey,
  EvidenceAnchor,
  EvidenceBatch,
  EvidenceBeginning,
  EvidenceCheckpoint,
  EvidenceCommit,
  EvidenceEvent,
  EvidenceKey,
  EvidenceLog,
  EvidenceMove,
  EvidencePart,
  EvidenceRange,
  EvidenceSeed,
  EvidenceSlice,
  EvidenceStatement,
  EvidenceSupport,
  EvidenceTile,
  EvidenceVerification,
  KeptEvidenceVerification,
  RowPlaces,
} from "@agent-assembly/storage-core/backend";
import { readCommitOrder } from "../audit/commit-order.js";
import { behindAll, behindRow, rangesBehind } from "../audit/history/position.js";
import { type EventRow, fromRow } from "../audit/rows.js";
import type { Pool } from "../driver/pool.js";
import { rows, type Statement } from "../driver/statement.js";
import type { RecordedEvents } from "../records/recorded-events.js";
import type { Value } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { fromStoredJsonText, toStoredJson } from "../sql/stored-json.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";
import { beginStatement, commitStatement, hex } from "./commit-sql.js";
import { selectKeys, selectNext, selectRestored, selectRows, sliceOf, toPlacedEvent } from "./next-sql.js";
import { formatSealedPosition, parseSealedPosition } from "./position.js";
import { type EvidenceTables, evidenceTables } from "./tables.js";
import { selectTiles } from "./tile-parts.js";

/** The evidence of one schema. Events are sealed in commit order, as tails deliver them. */
export class PostgresEvidenceDriver implements EvidenceSupport {
  readonly #tables: EvidenceTables;
  readonly #events: string;
  readonly #next: { readonly events: string; readonly moved: string };

  /** @param recorded where changes are recorded; absent: nowhere */
  constructor(
    private readonly pool: Pool,
    private readonly recorded: RecordedEvents | undefined,
  ) {
    const { schema } = pool.options;
    this.#tables = evidenceTables(schema);
    this.#events = `${quoteIdentifier(schema)}.audit_events`;
    this.#next = { events: this.#events, moved: this.#tables.moved };
  }

  async log(): Promise<EvidenceLog | undefined> {
    return (await this.#logs("ORDER BY log DESC LIMIT 1"))[0];
  }

  logs(): Promise<EvidenceLog[]> {
    return this.#logs("ORDER BY log");
  }

  async #logs(order: string): Promise<EvidenceLog[]> {
    const found = await this.#rows<[number, string, string, Uint8Array, string, string]>(
      `SELECT log, origin, size, root, position, chain FROM ${this.#tables.log} ${order}`,
    );
    return found.map(([log, origin, size, root, position, chain]) => ({
      log,
      origin,
      size: Number(size),
      root,
      position,
      chain,
    }));
  }

  begin(beginning: EvidenceBeginning): Promise<boolean> {
    return this.#write(beginStatement(this.#tables, beginning, this.recorded), beginning.record);
  }

  async next(after: string, limit: number): Promise<EvidenceSlice> {
    const order = await readCommitOrder(this.pool);
    const position = parseSealedPosition("after", after, order);
    const { origin, snapshot } = order;
    const { restored } = position;
    if (restored !== undefined) {
      const found = await this.#placed(selectRestored(this.#next, restored, order, limit));
      const at = found.at(-1)?.place;
      const more = found.length === limit;
      // When all of them are sealed, the others follow, which are the server's own.
      const behind = { ...position, restored: more ? { ...restored, at } : undefined };
      if (found.length > 0)
        return { ...sliceOf(found), position: formatSealedPosition(behind, origin.seq), more: true };
    }
    const ranges = rangesBehind(position, snapshot);
    const found = ranges.length === 0 ? [] : await this.#placed(selectNext(this.#next, ranges, order, limit));
    const last = found.at(-1);
    if (last === undefined) return { events: [], restored: [], position: after, more: false };
    const more = found.length === limit;
    const behind = more ? behindRow(position, snapshot, last.place) : behindAll(position, snapshot);
    const text = formatSealedPosition({ ...behind, origin: origin.id, restored: undefined }, origin.seq);
    return { ...sliceOf(found), position: text, more };
  }

  commit(commit: EvidenceCommit): Promise<boolean> {
    return this.#write(commitStatement(this.#tables, commit, this.recorded), commit.record);
  }

  async #write({ text, values }: Statement, record: AuditEventRow | undefined): Promise<boolean> {
    const events = record === undefined ? undefined : this.recorded;
    await events?.ready();
    const isDone = (await this.#rows(text, values)).length === 1;
    if (isDone) events?.committed();
    return isDone;
  }

  async tiles(log: number, level: number, { from, limit }: EvidenceRange): Promise<EvidenceTile[]> {
    const found = await this.#rows<[number, string, Uint8Array]>(selectTiles(this.#tables.hashes), [
      log,
      level,
      from,
      from + limit,
    ]);
    return found.map(([level, index, hashes]) => ({ level, index: Number(index), hashes }));
  }

  async batches(log: number, { from, limit }: EvidenceRange): Promise<EvidenceBatch[]> {
    const { batches } = this.#tables;
    const found = await this.#rows<BatchRow>(
      `SELECT first, count, first_seq, last_seq, first_xact, last_xact, from_ts, to_ts, seqs FROM ${batches}
        WHERE log = $1::integer AND first + count > $2::bigint AND first >= coalesce(
          (SELECT max(first) FROM ${batches} WHERE log = $1::integer AND first <= $2::bigint), 0)
        ORDER BY first LIMIT $3::bigint`,
      [log, from, limit],
    );
    return found.map(toBatch);
  }

  async seeds(log: number, { from, limit }: EvidenceRange): Promise<EvidenceSeed[]> {
    const found = await this.#rows<[string, number, number, Uint8Array]>(
      `SELECT bundle, depth, path, node FROM ${this.#tables.seeds}
        WHERE log = $1::integer AND bundle >= $2::bigint AND bundle < $3::bigint ORDER BY bundle, depth, path`,
      [log, from, from + limit],
    );
    return found.map(([bundle, depth, path, node]) => ({ bundle: Number(bundle), depth, path, node }));
  }

  async parts(log: number, { from, limit }: EvidenceRange): Promise<EvidencePart[]> {
    const { parts } = this.#tables;
    const found = await this.#rows<[string, number, boolean, Uint8Array]>(
      `SELECT leaf, place, is_erased, bytes FROM ${parts}
        WHERE log = $1::integer AND leaf IN (
          SELECT DISTINCT leaf FROM ${parts} WHERE log = $1::integer AND leaf >= $2::bigint ORDER BY leaf LIMIT $3::bigint)
        ORDER BY leaf, place`,
      [log, from, limit],
    );
    return found.map(([leaf, place, isErased, bytes]) => ({ leaf: Number(leaf), place, isErased, bytes }));
  }

  async statements(log: number, { from, limit }: EvidenceRange): Promise<EvidenceStatement[]> {
    const found = await this.#rows<[string, string, string, string | null]>(
      `SELECT leaf, kind, entry, list FROM ${this.#tables.statements}
        WHERE log = $1::integer AND leaf >= $2::bigint ORDER BY leaf LIMIT $3::bigint`,
      [log, from, limit],
    );
    return found.map(([leaf, kind, entry, list]) => ({ leaf: Number(leaf), kind, entry, list }));
  }

  async moved(log: number, { from, limit }: EvidenceRange): Promise<EvidenceMove[]> {
    const found = await this.#rows<[string, string, string, string]>(
      `SELECT leaf, seq, archive, manifest FROM ${this.#tables.moved}
        WHERE log = $1::integer AND leaf >= $2::bigint ORDER BY leaf LIMIT $3::bigint`,
      [log, from, limit],
    );
    return found.map(([leaf, seq, archive, manifest]) => ({ leaf: Number(leaf), seq: Number(seq), archive, manifest }));
  }

  async rows(seqs: readonly number[], places?: RowPlaces): Promise<EvidenceEvent[]> {
    const { text, values } = selectRows(this.#events, seqs, places);
    const found = await this.#rows(text, values);
    return found.map((row) => ({ seq: Number(row.at(-1)), event: fromRow(row as unknown as EventRow) }));
  }

  async keys(position: string, after: AuditKey | undefined, limit: number): Promise<EvidenceKey[]> {
    const order = await readCommitOrder(this.pool);
    const parsed = parseSealedPosition("position", position, order);
    const { text, values } = selectKeys(this.#events, parsed, after, order, limit);
    const found = await this.#rows<[string, string, string]>(text, values);
    return found.map(([seq, ts, eventId]) => ({ seq: Number(seq), ts: fromTimestamp(ts), eventId }));
  }

  async recordCheckpoint({ log, size, note, at }: EvidenceCheckpoint): Promise<void> {
    await this.#rows(
      `INSERT INTO ${this.#tables.checkpoints} (log, size, note, at)
        VALUES ($1::integer, $2::bigint, $3::text, $4::timestamptz)
        ON CONFLICT (log, size) DO UPDATE SET note = excluded.note, at = excluded.at`,
      [log, size, note, toTimestamp(at)],
    );
  }

  async checkpoints(limit: number, log?: number): Promise<EvidenceCheckpoint[]> {
    const found = await this.#rows<[number, string, string, string]>(
      `SELECT log, size, note, at FROM ${this.#tables.checkpoints} WHERE $2::integer IS NULL OR log = $2::integer
        ORDER BY log DESC, size DESC LIMIT $1::bigint`,
      [limit, log ?? null],
    );
    return found.map(([log, size, note, at]) => ({ log, size: Number(size), note, at: fromTimestamp(at) }));
  }

  async recordAnchor({ log, size, kind, target, at, receipt }: EvidenceAnchor): Promise<void> {
    await this.#rows(
      `INSERT INTO ${this.#tables.anchors} (log, size, kind, target, at, receipt)
        VALUES ($1::integer, $2::bigint, $3::text, $4::text, $5::timestamptz, decode($6::text, 'hex'))
        ON CONFLICT (log, size, kind, target) DO UPDATE SET at = excluded.at, receipt = excluded.receipt`,
      [log, size, kind, target, toTimestamp(at), hex(receipt)],
    );
  }

  async anchors(limit: number, log?: number): Promise<EvidenceAnchor[]> {
    const found = await this.#rows<[number, string, string, string, string, Uint8Array]>(
      `SELECT log, size, kind, target, at, receipt FROM ${this.#tables.anchors}
        WHERE $2::integer IS NULL OR log = $2::integer ORDER BY log DESC, size DESC, kind, target LIMIT $1::bigint`,
      [limit, log ?? null],
    );
    return found.map(([log, size, kind, target, at, receipt]) => ({
      log,
      size: Number(size),
      kind,
      target,
      at: fromTimestamp(at),
      receipt,
    }));
  }

  async recordVerification({ id, log, startedAt, report }: EvidenceVerification): Promise<void> {
    await this.#rows(
      `INSERT INTO ${this.#tables.verifications} (verification_id, log, started_at, report)
        VALUES ($1::uuid, $2::integer, $3::timestamptz, $4::text::jsonb)
        ON CONFLICT (verification_id) DO UPDATE
          SET report = excluded.report, stored_at = date_trunc('milliseconds', clock_timestamp())`,
      [id, log, toTimestamp(startedAt), toStoredJson(report)],
    );
  }

  async verifications(limit: number, id?: string): Promise<KeptEvidenceVerification[]> {
    const found = await this.#rows<[string, number, string, string, string]>(
      `SELECT verification_id, log, started_at, report::text,
          greatest(0, floor(extract(epoch FROM clock_timestamp() - stored_at) * 1000))::bigint
        FROM ${this.#tables.verifications} WHERE $2::uuid IS NULL OR verification_id = $2::uuid
        ORDER BY started_at DESC, verification_id LIMIT $1::bigint`,
      [limit, id ?? null],
    );
    return found.map(([id, log, startedAt, report, unchangedMs]) => ({
      id,
      log,
      startedAt: fromTimestamp(startedAt),
      report: fromStoredJsonText(report),
      unchangedMs: Number(unchangedMs),
    }));
  }

  async #placed(statement: Statement): Promise<ReturnType<typeof toPlacedEvent>[]> {
    return (await this.#rows(statement.text, statement.values)).map(toPlacedEvent);
  }

  #rows<Row extends readonly unknown[]>(text: string, values: readonly Value[] = []): Promise<Row[]> {
    return this.pool.run((sql) => rows<Row>(sql, { text, values }, this.pool.options.prepare));
  }
}

type BatchRow = [
  first: string,
  count: number,
  firstSeq: string,
  lastSeq: string,
  firstXact: string | null,
  lastXact: string | null,
  fromTs: string,
  toTs: string,
  seqs: Uint8Array,
];

function toBatch([first, count, firstSeq, lastSeq, firstXact, lastXact, from, to, seqs]: BatchRow): EvidenceBatch {
  const isPlaced = firstXact !== null && lastXact !== null;
  return {
    first: Number(first),
    count,
    firstSeq: Number(firstSeq),
    lastSeq: Number(lastSeq),
    fromTs: fromTimestamp(from),
    toTs: fromTimestamp(to),
    ...(isPlaced && { transactions: { first: Number(firstXact), last: Number(lastXact) } }),
    seqs,
  };
}
