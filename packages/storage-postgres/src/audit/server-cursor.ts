import type { Pool, TransactionSql } from "../driver/pool.js";
import type { ReadServer } from "../driver/read-server.js";
import type { Statement } from "../driver/statement.js";
import type { EventRow } from "./rows.js";

/** A reader that pauses for longer releases its connection and its snapshot. */
const IDLE_MS = 5000;
/** Shorter than the default lock timeout, so that a cursor cannot block the drop of a chunk until it fails. */
const LIFE_MS = 8000;
/** Opening a cursor costs at most this fraction of its use. */
const LIVES_PER_OPENING = 4;
/** The server may have to sort a whole compressed chunk before the first row. */
const SHORTEST_TIMEOUT_MS = 300_000;

interface Request {
  readonly rows: number;
  readonly resolve: (rows: EventRow[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The cursors of one store; at most a quarter of its connections, so that writers find a free one. */
export class AuditCursors {
  #open = 0;

  /** @param idleMs how long a reader may pause */
  constructor(
    private readonly pool: Pool,
    private readonly closing: AbortSignal,
    private readonly idleMs: number = IDLE_MS,
  ) {}

  /**
   * @param server whose state the cursor's transaction is checked against
   * @returns `undefined` when all are in use: read by pages then
   */
  open(statement: Statement, server?: Pick<ReadServer, "check" | "saw">): AuditCursor | undefined {
    if (this.closing.aborted || this.#open >= Math.floor(this.pool.options.maxConnections / 4)) return undefined;
    this.#open++;
    const { closing, idleMs } = this;
    const onEnd = (): void => {
      this.#open--;
    };
    return new AuditCursor(this.pool, statement, { closing, idleMs, server, onEnd });
  }
}

interface CursorOptions {
  readonly closing: AbortSignal;
  /** How long a reader may pause. */
  readonly idleMs: number;
  readonly server: Pick<ReadServer, "check" | "saw"> | undefined;
  readonly onEnd: () => void;
}

/** A query that the server executes only once, while its rows are fetched in batches in their own transaction. */
export class AuditCursor {
  readonly #ended: Promise<void>;
  readonly #timeoutMs: number;
  #waiting: Request | undefined;
  #wake: (() => void) | undefined;
  #over = false;
  #expires = Number.POSITIVE_INFINITY;

  constructor(
    private readonly pool: Pool,
    statement: Statement,
    private readonly options: CursorOptions,
  ) {
    this.#timeoutMs = Math.max(pool.options.statementTimeoutMs, SHORTEST_TIMEOUT_MS);
    this.#ended = pool
      .keep((sql) => sql.begin("read only", (tx) => this.#serve(tx, statement)))
      .then(
        () => undefined,
        (error: unknown) => this.#waiting?.reject(error),
      )
      .finally(() => {
        this.#over = true;
        options.onEnd();
      });
  }

  /** False when it ended or should end: continue after the last row by other means. */
  get usable(): boolean {
    return !this.#over && performance.now() < this.#expires;
  }

  /** The next rows; fewer than requested at the end. One call at a time. @throws errors of the driver; `timeout` */
  fetch(rows: number): Promise<EventRow[]> {
    return this.pool.run(
      () =>
        new Promise<EventRow[]>((resolve, reject) => {
          this.#waiting = { rows, resolve, reject };
          this.#wake?.();
        }),
      this.#timeoutMs + 1000,
    );
  }

  /**
   * Resolves when the connection and its locks are released, or when that takes longer than a statement may: the network
   * may have lost the answer. Idempotent.
   */
  async close(): Promise<void> {
    this.#over = true;
    this.#wake?.();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.pool.options.statementTimeoutMs);
    });
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
  }

  async #serve(sql: TransactionSql, { text, values }: Statement): Promise<void> {
    const start = performance.now();
    await sql.unsafe(`SET LOCAL statement_timeout = ${this.#timeoutMs}`);
    const { server } = this.options;
    await server?.check(sql);
    await sql.unsafe(`DECLARE slices NO SCROLL CURSOR FOR ${text}`, [...values]);
    await server?.saw(sql);
    for (;;) {
      const request = await this.#request();
      if (request === undefined) return;
      const rows = await sql.unsafe(`FETCH ${request.rows} FROM slices`).values();
      this.#waiting = undefined;
      if (this.#expires === Number.POSITIVE_INFINITY) {
        const opened = performance.now();
        this.#expires = opened + Math.max(LIFE_MS, (opened - start) * LIVES_PER_OPENING);
      }
      request.resolve(rows as unknown as EventRow[]);
    }
  }

  /** @returns `undefined` when it was closed or has been idle for too long */
  async #request(): Promise<Request | undefined> {
    if (this.#waiting === undefined && !this.#over) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.options.idleMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        this.options.closing.addEventListener("abort", this.#wake, { once: true });
      });
      this.options.closing.removeEventListener("abort", this.#wake as () => void);
      this.#wake = undefined;
    }
    if (this.#waiting === undefined) this.#over = true;
    return this.#waiting;
  }
}
