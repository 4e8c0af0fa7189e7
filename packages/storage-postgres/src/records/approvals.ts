import type { Clock } from "@agent-assembly/storage-core";
import { systemClock } from "@agent-assembly/storage-core/backend";
import {
  type ApprovalKey,
  type ApprovalDriver,
  ApprovalWatchers,
  type ParsedApprovalFilter,
  type StateHealth,
  type ApprovalRow,
} from "@agent-assembly/storage-core/state";
import { and, asc, eq, inArray, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import { type Db, drizzleOn } from "../driver/drizzle.js";
import { classifyPostgresError } from "../driver/errors.js";
import { channelOf, type NotificationListener } from "../driver/listener.js";
import type { Pool } from "../driver/pool.js";
import { type Tables, tablesIn } from "../schema/tables.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";
import { sqlOfLimits, untilUndisturbed } from "./agents.js";
import { whereApproval } from "./approval-where.js";

type Transaction = Parameters<Parameters<Db["transaction"]>[0]>[0];

/** Upper bound for counting pending requests, so that health takes constant time. */
const COUNTED = 10_000;

/** How often a wait polls. The server announces decisions; polling covers lost notifications. */
export const WAIT_POLL_MS = 1000;

/**
 * The approvals' table. A change locks the request's row from before it is read until the commit, so that changes of
 * one request are serialized across processes. Times are the server's, because the clocks of processes differ. A custom
 * clock, as in tests, replaces the server's.
 */
export class PostgresApprovalTable implements ApprovalDriver {
  readonly #approvals: Tables["approvals"];
  readonly #channel: string;
  readonly #watchers = new ApprovalWatchers();
  #isListening = false;

  constructor(
    private readonly pool: Pool,
    private readonly listening: NotificationListener,
    private readonly clock: Clock = systemClock,
  ) {
    this.#approvals = tablesIn(pool.options.schema).approvals;
    this.#channel = channelOf(pool.options.schema, "approvals");
  }

  now(): Promise<number> {
    return this.#run((db) => this.#timeOf(db));
  }

  /** Retries when the conflicting request was removed before it could be read. */
  insert(approval: ApprovalRow): Promise<ApprovalRow> {
    return untilUndisturbed(() =>
      this.#run(async (db) => {
        for (;;) {
          if (await this.#insert(db, approval)) return approval;
          const stored = await this.#read(db, approval.requestId);
          if (stored !== undefined) return stored;
        }
      }),
    );
  }

  find(requestId: string): Promise<ApprovalRow | undefined> {
    return this.#run((db) => this.#read(db, requestId));
  }

  /** Repeated with the newest state when the server rolls it back in favour of another transaction. */
  replace(
    requestId: string,
    change: (stored: ApprovalRow | undefined, now: number) => ApprovalRow,
  ): Promise<ApprovalRow> {
    return untilUndisturbed(() => this.#run((db) => db.transaction((tx) => this.#replace(tx, requestId, change))));
  }

  list(
    filter: ParsedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly ApprovalRow[]> {
    const { submittedAt, requestId } = this.#approvals;
    const behind =
      after === undefined
        ? undefined
        : sql`(${submittedAt}, ${requestId}) > (${toTimestamp(after.submittedAt)}::timestamptz, ${after.requestId}::text)`;
    return this.#run((db) =>
      db
        .select()
        .from(this.#approvals)
        .where(and(whereApproval(this.#approvals, filter, now), behind))
        .orderBy(asc(submittedAt), asc(requestId))
        .limit(limit),
    );
  }

  async purge(before: number, limit: number): Promise<void> {
    const { requestId, decidedAt, verdict, submittedAt, expiresAt } = this.#approvals;
    // A request that expired before then was submitted before then, which is what the index is ordered by.
    const expired = and(isNull(verdict), lt(submittedAt, before), lt(expiresAt, before));
    await this.#run((db) => {
      const ids = db
        .select({ requestId })
        .from(this.#approvals)
        .where(or(lt(decidedAt, before), expired))
        .limit(limit)
        .for("update", { skipLocked: true });
      return db.delete(this.#approvals).where(inArray(requestId, ids));
    });
  }

  watch(requestId: string, wake: () => void): () => void {
    this.#listen();
    return this.#watchers.add(requestId, wake);
  }

  async health(): Promise<StateHealth> {
    try {
      const pending = await this.#run((db) => this.#countPending(db));
      return { status: "ok", backedBy: "postgres", problems: [], details: { pending } };
    } catch (error) {
      const { code, message } = classifyPostgresError(error);
      if (code === "closed") throw error;
      return { status: "down", backedBy: "postgres", problems: [message], details: {} };
    }
  }

  /** The store closes the connections. */
  async close(): Promise<void> {
    this.#watchers.clear();
  }

  /** The time is read by a separate statement, because it must be read after the row is locked. */
  async #replace(
    tx: Transaction,
    requestId: string,
    change: (stored: ApprovalRow | undefined, now: number) => ApprovalRow,
  ): Promise<ApprovalRow> {
    const { options } = this.pool;
    if (!options.prepare) await tx.execute(sql.raw(sqlOfLimits(options)));
    for (;;) {
      const [stored, now] = await Promise.all([this.#read(tx, requestId, true), this.#timeOf(tx)]);
      const next = change(stored, now);
      if (next === stored) return next;
      if (stored === undefined) {
        // There was no row to lock: another process may have been faster.
        if (await this.#insert(tx, next)) return next;
        continue;
      }
      const { requestId: id } = this.#approvals;
      await Promise.all([
        tx.update(this.#approvals).set(next).where(eq(id, requestId)).prepare("update_approval").execute(),
        // Only a decision ends a wait.
        ...(next.verdict === null ? [] : [tx.execute(sql`SELECT pg_notify(${this.#channel}, ${requestId})`)]),
      ]);
      return next;
    }
  }

  async #insert(db: Db | Transaction, approval: ApprovalRow): Promise<boolean> {
    const inserted = await db
      .insert(this.#approvals)
      .values(approval)
      .onConflictDoNothing()
      .returning({ requestId: this.#approvals.requestId })
      .prepare("insert_approval")
      .execute();
    return inserted.length === 1;
  }

  async #read(db: Db | Transaction, requestId: string, lock = false): Promise<ApprovalRow | undefined> {
    const query = db.select().from(this.#approvals).where(eq(this.#approvals.requestId, requestId));
    const [row] = await (lock
      ? query.for("update").prepare("lock_approval")
      : query.prepare("find_approval")
    ).execute();
    return row;
  }

  /**
   * The server's current time. `now()` would return the start of the transaction, which may have waited for another
   * one.
   */
  async #timeOf(db: Db | Transaction): Promise<number> {
    if (this.clock !== systemClock) return this.clock();
    const [row] = await db.execute<{ now: string }>(sql`SELECT clock_timestamp() AS now`);
    return fromTimestamp(row?.now as string);
  }

  async #countPending(db: Db): Promise<number> {
    const pending: SQL | undefined = whereApproval(
      this.#approvals,
      [{ field: "state", values: ["claimed", "pending"] }],
      await this.#timeOf(db),
    );
    const some = db
      .select({ one: sql`1`.as("one") })
      .from(this.#approvals)
      .where(pending)
      .limit(COUNTED)
      .as("some");
    const [row] = await db.select({ count: sql<number>`count(*)::integer` }).from(some);
    return row?.count ?? 0;
  }

  /** Without LISTEN, waiters poll. */
  #listen(): void {
    if (this.#isListening || !this.listening.possible) return;
    this.#isListening = true;
    this.listening.on(this.#channel, {
      heard: (requestId) => this.#watchers.wake(requestId),
      resumed: () => this.#watchers.wakeAll(),
    });
  }

  /** Creates the promise here, because drizzle's own promises run the statement for each `await`. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }
}
