import type { ScrubReport } from "@agent-assembly/storage-core";
import {
  type AuditKey,
  type ErasedParts,
  type ErasingEvent,
  type ErasureBatch,
  type ErasureDriver,
  type ErasureOutcome,
  erasureErrors,
  type HoldCover,
  heldBy,
  mergeMarkers,
  type ScrubOptions,
  sameRow,
} from "@agent-assembly/storage-core/backend";
import type { Database } from "better-sqlite3";
import type { ErasedMarkers } from "../audit/erased-markers.js";
import { type EventRow, fromRow, SELECT_COLUMNS } from "../audit/rows.js";
import type { CountRemoval } from "../counts/removal.js";
import { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { IdleCheckpoint } from "../driver/idle-checkpoint.js";
import type { StatementCache } from "../driver/statement-cache.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { hasSeeds, storeErased } from "./evidence.js";
import type { FileScrubber } from "./scrub.js";

/** What {@link SqliteErasureDriver} works with. */
export interface SqliteErasureParts {
  /** Of the writing connection; used in jobs of the queue only, like those below. */
  readonly writes: StatementCache;
  readonly markers: ErasedMarkers;
  readonly counts: CountRemoval;
  /** Over a connection that only reads. */
  readonly read: Pick<ErasedMarkers, "of">;
  readonly queue: WriteQueue;
  readonly yielder: EventLoopYielder;
  readonly checkpoint: IdleCheckpoint;
  readonly scrubber: FileScrubber;
}

/** Events between two checks of the clock. */
const CHECK_EVERY = 64;
/** Approximate bytes that changing a row adds to the log, without its payload. */
const ROW_LOG_BYTES = 1500;

const FIND = `SELECT ${SELECT_COLUMNS}, e.seq FROM audit_events AS e WHERE e.ts = ? AND e.event_id = ?`;
const UPDATE =
  "UPDATE audit_events SET agent_id = ?, session_id = ?, trace_id = ?, tool = ?, payload = ? WHERE seq = ?";
const HOLDS = `SELECT hold_id AS holdId, agent_id AS agentId, team_id AS teamId, covers_from AS "from", covers_to AS "to"
  FROM legal_holds WHERE released_at IS NULL`;
const RAISE = `UPDATE erasures SET events = events + ?, events_from = min(ifnull(events_from, ?), ?),
  events_to = max(ifnull(events_to, ?), ?) WHERE erasure_id = ?`;

/** Erases parts of the events of a file. */
export class SqliteErasureDriver implements ErasureDriver {
  readonly notCovered: readonly string[] = [
    "files that `backup` made, and snapshots of the disk or the file system",
    "blocks of the disk that deleted or shortened files had",
  ];

  constructor(private readonly parts: SqliteErasureParts) {}

  async erase(batch: ErasureBatch): Promise<ErasureOutcome> {
    const { queue, checkpoint } = this.parts;
    const outcome = await queue.transaction((connection) => this.#erase(connection, batch));
    if (outcome.outcome === "erased") {
      const payloads = batch.events.reduce((sum, { event }) => sum + (event.payload?.length ?? 0), 0);
      checkpoint.wrote(batch.events.length * ROW_LOG_BYTES + payloads);
      checkpoint.idle();
    }
    return outcome;
  }

  async #erase(connection: Database, { erasureId, events, evidence }: ErasureBatch): Promise<ErasureOutcome> {
    const { writes, counts, markers } = this.parts;
    const yielder = new EventLoopYielder();
    const { seqs, changed } = await this.#find(events, yielder);
    if (changed.length > 0) return { outcome: "changed", changed };
    const held = heldBy(
      writes.objects<HoldCover>(HOLDS).all(),
      events.map(({ event }) => event),
    );
    if (held.rows > 0) throw erasureErrors.held(held.holds, held.rows);
    if (evidence !== undefined && !hasSeeds(writes, evidence)) return { outcome: "evidence_changed" };
    // What is deleted is overwritten, so that it is gone even where the file cannot be rewritten afterwards.
    connection.pragma("secure_delete = ON");
    try {
      counts.remove(seqs);
      const update = writes.objects(UPDATE);
      for (const [at, { after, marker }] of events.entries()) {
        const { ts, eventId, agentId, sessionId, traceId, tool, payload } = after;
        update.run(agentId, sessionId, traceId, tool, payload, seqs[at]);
        markers.store({ ts, eventId, parts: marker });
        if (at % CHECK_EVERY === CHECK_EVERY - 1) await yielder.due();
      }
      counts.addAgain(seqs);
      if (evidence !== undefined) storeErased(writes, evidence);
      const times = events.map(({ event: { ts } }) => ts);
      const [from, to] = [Math.min(...times), Math.max(...times)];
      writes.objects(RAISE).run(events.length, from, from, to, to, erasureId);
    } finally {
      connection.pragma("secure_delete = OFF");
    }
    return { outcome: "erased" };
  }

  /** The numbers of the rows, in the order of the events; those that are gone or have changed are told. */
  async #find(
    events: readonly ErasingEvent[],
    yielder: EventLoopYielder,
  ): Promise<{ readonly seqs: number[]; readonly changed: AuditKey[] }> {
    const find = this.parts.writes.rows<[...EventRow, seq: number]>(FIND);
    const seqs: number[] = [];
    const changed: AuditKey[] = [];
    for (const [at, { event }] of events.entries()) {
      const { ts, eventId } = event;
      const row = find.get(ts, eventId);
      if (row === undefined || !sameRow(fromRow(row as unknown as EventRow), event)) changed.push({ ts, eventId });
      else seqs.push(row.at(-1) as number);
      if (at % CHECK_EVERY === CHECK_EVERY - 1) await yielder.due();
    }
    return { seqs, changed };
  }

  async erased(keys: readonly AuditKey[]): Promise<ErasedParts[]> {
    const { yielder, read } = this.parts;
    const found: ErasedParts[] = [];
    for (const [at, { ts, eventId }] of keys.entries()) {
      if (at % CHECK_EVERY === 0) await yielder.due();
      const parts = read.of({ ts, eventId });
      if (parts !== undefined) found.push({ ts, eventId, parts });
    }
    return found;
  }

  async mark(events: readonly ErasedParts[]): Promise<void> {
    const { queue, markers } = this.parts;
    await queue.transaction(async () => {
      const yielder = new EventLoopYielder();
      for (const [at, { ts, eventId, parts }] of events.entries()) {
        markers.store({ ts, eventId, parts: mergeMarkers(markers.of({ ts, eventId }) ?? [], parts) });
        if (at % CHECK_EVERY === CHECK_EVERY - 1) await yielder.due();
      }
    });
  }

  scrub(options: ScrubOptions): Promise<ScrubReport> {
    return this.parts.scrubber.scrub(options);
  }
}
