import { setTimeout as sleep } from "node:timers/promises";
import { type AppendResult, isStorageError, StorageError } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type ErasedParts,
  type RestoredEvidence,
  sameContent,
  withoutParts,
} from "@agent-assembly/storage-core/backend";
import { takeBackDropped } from "../counts/dropped-sql.js";
import type { CountFolder } from "../counts/folder.js";
import type { CountTables } from "../counts/tables.js";
import { copyIn } from "../driver/copy.js";
import { classifyPostgresError, errorCode, isTransient } from "../driver/errors.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import type { ErasureNames } from "../restoring/erasure-names.js";
import { readMarkers } from "../restoring/markers.js";
import { type KeptLeaves, keepLeaves, leavesByKey } from "../restoring/restored-sql.js";
import { fromTimestamp } from "../sql/timestamps.js";
import { type AppendGroup, type AppendSource, keyOf } from "./append-group.js";
import { AppendQueue } from "./append-queue.js";
import { copyStatement, copyText } from "./copy-format.js";
import { insertEvent, insertEventOnce, insertEvents, selectByKeys } from "./insert-sql.js";
import { type EventRow, fromRow } from "./rows.js";
import type { TailWakeUps } from "./tail-wake-ups.js";

/** Groups that are written concurrently, each over its own connection. */
const WRITERS = 4;
/** Limits of the queue; further calls wait for room. */
const QUEUE = { events: 100_000, size: 128 * 1024 * 1024 };
/** From this size on, COPY is worth its extra round trip. */
const COPY_EVENTS = 64;
/** Groups that are written in the way that passes existing keys by after one has met such a key: redeliveries come in bursts. */
const CAREFUL_AFTER_DUPLICATE = 16;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;

export interface AuditWriterOptions {
  /** Quoted, with its schema. */
  readonly table: string;
  /** Quoted, with its schema. */
  readonly moved: string;
  readonly counts: CountTables;
  readonly erasure: Pick<ErasureNames, "erased" | "lock">;
  readonly appendTimeoutMs: number;
  /** Told of each commit. */
  readonly wakeUps: Pick<TailWakeUps, "committed">;
  /** Told how many events there were at most in each commit. */
  readonly folder: Pick<CountFolder, "added">;
}

/**
 * Group commit over a few connections: calls that arrive while statements run share the next ones. No statement stores a key twice, so
 * it is repeated when a lost connection leaves its outcome unknown.
 */
export class AuditWriter {
  readonly #queue = new AppendQueue();
  #line: (() => void)[] = [];
  #running = 0;
  #holds = 0;
  #scheduled = false;
  #carefulLeft = 0;
  #whenIdle: (() => void)[] = [];
  #whenReleased: (() => void)[] = [];

  constructor(
    private readonly pool: Pool,
    private readonly options: AuditWriterOptions,
  ) {}

  /**
   * @param source whether they keep their `recordedAt`, and may have been dropped before
   * @param evidence leaves of events of an archive
   * @returns conflicts as `rejected`, with their positions in `events`
   * @throws `busy` when the queue stayed full; `unavailable` and others when the database stayed unavailable
   */
  append(
    events: readonly AuditEventRow[],
    source: AppendSource,
    evidence?: RestoredEvidence | undefined,
  ): Promise<AppendResult> {
    const deadline = performance.now() + this.options.appendTimeoutMs;
    const mustWait = this.#line.length > 0 || !this.#queue.hasRoom(QUEUE);
    if (mustWait) return this.#room(deadline).then(() => this.#enqueue(events, source, evidence, deadline));
    return this.#enqueue(events, source, evidence, deadline);
  }

  /** Member by member: to spread them takes as long as to check an event. */
  #enqueue(
    events: readonly AuditEventRow[],
    source: AppendSource,
    evidence: RestoredEvidence | undefined,
    deadline: number,
  ): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      let size = 0;
      for (const { payload } of events) size += payload?.length ?? 0;
      this.#queue.push({ events, source, evidence, size, deadline, resolve, reject });
      this.#schedule();
    });
  }

  /** Writes nothing more until the promise settles; calls wait in the queue. */
  holdUntil(settled: Promise<unknown>): void {
    this.#holds++;
    const release = (): void => {
      this.#holds--;
      if (this.#holds === 0) for (const resolve of this.#whenReleased.splice(0)) resolve();
      this.#start();
    };
    settled.then(release, release);
  }

  /** Resolves when no tail of this store is about to begin: a change that is recorded now is behind its start. */
  async released(): Promise<void> {
    while (this.#holds > 0) await new Promise<void>((resolve) => this.#whenReleased.push(resolve));
  }

  /** Resolves when every append called so far has settled. */
  async idle(): Promise<void> {
    if (this.#running === 0 && this.#queue.length === 0 && this.#line.length === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  async #room(deadline: number): Promise<void> {
    let enter = (): void => undefined;
    const entered = new Promise<true>((resolve) => {
      enter = () => resolve(true);
    });
    this.#line.push(enter);
    const timer = new AbortController();
    const late = sleep(Math.max(0, deadline - performance.now()), false as const, { signal: timer.signal });
    late.catch(() => undefined);
    const inTime = await Promise.race([entered, late]);
    timer.abort();
    if (inTime) return;
    this.#line = this.#line.filter((waiting) => waiting !== enter);
    throw new StorageError({
      code: "busy",
      message: `the queue of unwritten events was full for ${this.options.appendTimeoutMs} ms`,
      option: "options.appendTimeoutMs",
      remedy: "Append more slowly, or raise {option}.",
    });
  }

  /** Calls made in the same turn as the first one share its statements. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#holds === 0 && this.#running < WRITERS && this.#queue.length > 0) {
      const group = this.#queue.take(WRITERS - this.#running);
      this.#running++;
      void this.#commit(group).then(this.#ended);
    }
    while (this.#line.length > 0 && this.#queue.hasRoom(QUEUE)) this.#line.shift()?.();
    if (this.#running === 0 && this.#queue.length === 0 && this.#line.length === 0) {
      for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  readonly #ended = (): void => {
    this.#running--;
    this.#start();
  };

  /** Settles every call of the group; never rejects. Few steps: an event that is awaited alone waits for each of them. */
  #commit(group: AppendGroup): Promise<void> {
    return this.#write(group).catch((error: unknown) => this.#failed(group, error));
  }

  async #failed(group: AppendGroup, error: unknown): Promise<void> {
    // A failure of one call must not fail the others.
    if (group.calls.length === 1 || isTransient(error)) group.reject(classifyPostgresError(error));
    else for (const part of group.divide()) await this.#commit(part);
  }

  async #write(group: AppendGroup): Promise<void> {
    const start = performance.now();
    for (let attempt = 0; ; attempt++) {
      try {
        // COPY does not say which numbers the rows have.
        const isLarge = group.events.length >= COPY_EVENTS && group.evidence === undefined;
        const existed = isLarge && (await this.#copy(group)) ? NONE : await this.#insertNew(group);
        if (existed.length === 0) group.allInserted();
        else await this.#compare(group, existed, attempt > 0 ? start : undefined);
        this.options.wakeUps.committed();
        this.options.folder.added(group.events.length);
        return;
      } catch (error) {
        const wait = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
        const left = group.deadline - performance.now();
        if (!isWorthRepeating(error) || left < wait) throw error;
        this.#carefulLeft = Math.max(this.#carefulLeft, 1);
        await sleep(wait);
      }
    }
  }

  /** @returns whether the group was stored; false, with nothing stored, when a key already existed */
  async #copy({ events, restored, source }: AppendGroup): Promise<boolean> {
    if (this.#isCareful()) return false;
    const text = source === "archive" ? undefined : copyText(events, restored);
    try {
      const statement = copyStatement(this.options.table, restored);
      await this.pool.transaction(async (sql) => {
        if (text !== undefined) return copyIn(sql, statement, text);
        const left = await this.#withoutErased(sql, events);
        await copyIn(sql, statement, copyText(left, restored));
        await this.#takeBack(sql, left);
      });
      return true;
    } catch (error) {
      if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
      this.#carefulLeft = CAREFUL_AFTER_DUPLICATE;
      return false;
    }
  }

  /**
   * Settles the calls of a group of which some keys existed.
   * @param existed their events
   * @param begun when the first attempt began, by `performance.now()`; absent in the first one
   */
  async #compare(group: AppendGroup, existed: readonly AuditEventRow[], begun: number | undefined): Promise<void> {
    const stored = await this.#stored(existed);
    const since = begun === undefined || group.restored ? undefined : await this.#serverTimeAt(begun);
    const isSame = await this.#comparison(group, stored);
    // An earlier attempt, whose outcome was lost, may have stored it.
    const isOurs = (event: AuditEventRow, before: AuditEventRow): boolean =>
      begun !== undefined &&
      (since === undefined ? before.recordedAt === event.recordedAt : before.recordedAt >= since) &&
      isSame(event, before);
    group.answer((event) => {
      const before = stored.get(keyOf(event));
      return before !== undefined && isOurs(event, before) ? undefined : before;
    }, isSame);
  }

  /** @returns the events whose keys existed */
  #insertNew({ events, restored, source, evidence, calls }: AppendGroup): Promise<readonly AuditEventRow[]> {
    if (source === "archive") {
      const leaves = leavesByKey(calls[0], evidence);
      return this.pool.transaction((sql) => this.#insertArchived(sql, events, evidence && { ...evidence, leaves }));
    }
    const { table } = this.options;
    const [only] = events;
    if (only !== undefined && events.length === 1) return this.#insertOne(only, restored);
    const statement = insertEvents(table, events, restored);
    return this.pool
      .run((sql) => rows<InsertedKey>(sql, statement, this.pool.options.prepare))
      .then((inserted) => without(events, inserted));
  }

  /** @returns the event, if its key existed */
  #insertOne(event: AuditEventRow, restored: boolean): Promise<readonly AuditEventRow[]> {
    const { table } = this.options;
    const carefully = (): Promise<readonly AuditEventRow[]> =>
      this.pool.statement(insertEventOnce(table, event, restored)).then(({ count }) => (count === 1 ? NONE : [event]));
    if (this.#isCareful()) return carefully();
    return this.pool.statement(insertEvent(table, event, restored)).then(allNew, (error: unknown) => {
      if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
      this.#carefulLeft = CAREFUL_AFTER_DUPLICATE;
      return carefully();
    });
  }

  #isCareful(): boolean {
    if (this.#carefulLeft === 0) return false;
    this.#carefulLeft--;
    return true;
  }

  /** @returns the events whose keys existed */
  async #insertArchived(
    sql: TransactionSql,
    events: readonly AuditEventRow[],
    evidence: KeptLeaves | undefined,
  ): Promise<readonly AuditEventRow[]> {
    const left = await this.#withoutErased(sql, events);
    const statement = insertEvents(this.options.table, left, true);
    const others = without(left, await rows<InsertedKey>(sql, statement, this.pool.options.prepare));
    const existed = new Set(others);
    const inserted = left.filter((event) => !existed.has(event));
    await this.#takeBack(sql, inserted);
    if (evidence !== undefined) {
      const statement = keepLeaves(this.options, inserted, evidence);
      if (statement !== undefined) await rows(sql, statement, this.pool.options.prepare);
    }
    return others;
  }

  /** The events as they are to be restored, in a transaction during which nothing is erased. */
  async #withoutErased(sql: TransactionSql, events: readonly AuditEventRow[]): Promise<readonly AuditEventRow[]> {
    const { erasure } = this.options;
    await sql.unsafe(`SELECT ${erasure.lock}(false)`);
    const markers = await readMarkers(sql, erasure, events, this.pool.options.prepare);
    return markers.length === 0 ? events : events.map(leftBy(markers));
  }

  /** Whether an event has the content of a stored one, but for parts that were erased of that. */
  async #comparison(
    { calls }: AppendGroup,
    stored: ReadonlyMap<string, AuditEventRow>,
  ): Promise<(event: AuditEventRow, before: AuditEventRow) => boolean> {
    const differing = calls.flatMap(({ events }) =>
      events.filter((event) => {
        const before = stored.get(keyOf(event));
        return before !== undefined && !sameContent(before, event);
      }),
    );
    if (differing.length === 0) return sameContent;
    const { erasure } = this.options;
    const { prepare } = this.pool.options;
    const left = leftBy(await this.pool.run((sql) => readMarkers(sql, erasure, differing, prepare)));
    return (event, before) => sameContent(before, event) || sameContent(before, left(event));
  }

  /** In the transaction that stores them: what was counted as dropped is there again. */
  async #takeBack(sql: TransactionSql, events: readonly AuditEventRow[]): Promise<void> {
    if (events.length === 0) return;
    await rows(sql, takeBackDropped(this.options.counts, events), this.pool.options.prepare);
  }

  /** @param then by `performance.now()`. @returns milliseconds since the epoch, by the server's clock */
  async #serverTimeAt(then: number): Promise<number> {
    const [row] = await this.pool.run((sql) =>
      rows<[now: string]>(sql, { text: "SELECT clock_timestamp()", values: [] }, false),
    );
    return Math.floor(fromTimestamp(row?.[0] as string) - (performance.now() - then));
  }

  async #stored(events: readonly AuditEventRow[]): Promise<Map<string, AuditEventRow>> {
    const { prepare } = this.pool.options;
    const found = await this.pool.run((sql) => rows<EventRow>(sql, selectByKeys(this.options.table, events), prepare));
    return new Map(found.map(fromRow).map((event) => [keyOf(event), event]));
  }
}

const UNIQUE_VIOLATION = "23505";
const NONE: readonly AuditEventRow[] = [];
const allNew = (): readonly AuditEventRow[] => NONE;

/** Takes out of events what their markers name. */
function leftBy(markers: readonly ErasedParts[]): (event: AuditEventRow) => AuditEventRow {
  const parts = new Map(markers.map((marker) => [keyOf(marker), marker.parts]));
  return (event) => {
    const gone = parts.get(keyOf(event));
    return gone === undefined ? event : withoutParts(event, gone);
  };
}

type InsertedKey = [ts: string, eventId: string];

function without(events: readonly AuditEventRow[], inserted: readonly InsertedKey[]): readonly AuditEventRow[] {
  if (inserted.length === events.length) return [];
  const keys = new Set(inserted.map(([ts, eventId]) => keyOf({ ts: fromTimestamp(ts), eventId })));
  return events.filter((event) => !keys.has(keyOf(event)));
}

/** A connection that hung was closed, which counts as lost. */
function isWorthRepeating(error: unknown): boolean {
  return isTransient(error) || (isStorageError(error, "timeout") && errorCode(error) === undefined);
}
