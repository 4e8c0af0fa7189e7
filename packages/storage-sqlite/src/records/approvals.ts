import type { Clock } from "@agent-assembly/storage-core";
import {
  type ApprovalKey,
  type ApprovalDriver,
  ApprovalWatchers,
  type ParsedApprovalFilter,
  type StateHealth,
  type ApprovalRow,
} from "@agent-assembly/storage-core/state";
import { and, asc, eq, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import { classifySqliteError } from "../driver/errors.js";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { approvals } from "../schema/tables.js";
import { whereApproval } from "./approval-where.js";

/** How far pending requests are counted: health takes constant time. */
const COUNTED = 10_000;

/** How often a wait looks again: a look is a read of one row, and decisions of this process end a wait at once. */
export const WAIT_POLL_MS = 100;

/**
 * The approvals' table: reads see the newest commit of any process, changes run one at a time. Its time is the process's,
 * since there is only the file between processes of one machine.
 */
export class SqliteApprovalTable implements ApprovalDriver {
  readonly #watchers = new ApprovalWatchers();

  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
    private readonly yielder: EventLoopYielder,
    private readonly clock: Clock,
  ) {}

  async now(): Promise<number> {
    return this.clock();
  }

  insert(approval: ApprovalRow): Promise<ApprovalRow> {
    return this.queue.transaction(() => {
      const stored = read(this.writer, approval.requestId);
      if (stored === undefined) this.writer.insert(approvals).values(approval).run();
      return stored ?? approval;
    });
  }

  async find(requestId: string): Promise<ApprovalRow | undefined> {
    await this.yielder.due();
    return read(this.reader, requestId);
  }

  async replace(
    requestId: string,
    change: (stored: ApprovalRow | undefined, now: number) => ApprovalRow,
  ): Promise<ApprovalRow> {
    const { next, changed } = await this.queue.transaction(() => {
      const stored = read(this.writer, requestId);
      const next = change(stored, this.clock());
      if (next === stored) return { next, changed: false };
      this.writer.insert(approvals).values(next).onConflictDoUpdate({ target: approvals.requestId, set: next }).run();
      return { next, changed: true };
    });
    if (changed) this.#watchers.wake(requestId);
    return next;
  }

  async list(
    filter: ParsedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly ApprovalRow[]> {
    await this.yielder.due();
    const { submittedAt, requestId } = approvals;
    const behind =
      after === undefined
        ? undefined
        : sql`(${submittedAt}, ${requestId}) > (${after.submittedAt}, ${after.requestId})`;
    return this.reader
      .select()
      .from(approvals)
      .where(and(whereApproval(filter, now), behind))
      .orderBy(asc(submittedAt), asc(requestId))
      .limit(limit)
      .all();
  }

  purge(before: number, limit: number): Promise<void> {
    const { requestId, decidedAt, verdict, submittedAt, expiresAt } = approvals;
    // Whatever expired before then was submitted before then, which is what the index goes by.
    const expired = and(isNull(verdict), lt(submittedAt, before), lt(expiresAt, before));
    const old = or(lt(decidedAt, before), expired);
    return this.queue.transaction(() => {
      const ids = this.writer.select({ requestId }).from(approvals).where(old).limit(limit);
      this.writer.delete(approvals).where(inArray(requestId, ids)).run();
    });
  }

  /** Changes of this process only; those of others are found by looking. */
  watch(requestId: string, wake: () => void): () => void {
    return this.#watchers.add(requestId, wake);
  }

  async health(): Promise<StateHealth> {
    try {
      return { status: "ok", backedBy: "sqlite", problems: [], details: { pending: this.#pending() } };
    } catch (error) {
      const { code, message } = classifySqliteError(error);
      if (code === "closed") throw error;
      return { status: "down", backedBy: "sqlite", problems: [message], details: {} };
    }
  }

  /** The store closes the connections. */
  async close(): Promise<void> {
    this.#watchers.clear();
  }

  #pending(): number {
    const now = this.clock();
    const pending = whereApproval([{ field: "state", values: ["claimed", "pending"] }], now);
    return this.reader.select({ requestId: approvals.requestId }).from(approvals).where(pending).limit(COUNTED).all()
      .length;
  }
}

function read(db: SqliteDrizzle, requestId: string): ApprovalRow | undefined {
  return db.select().from(approvals).where(eq(approvals.requestId, requestId)).get();
}
