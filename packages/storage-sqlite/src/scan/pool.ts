import { existsSync } from "node:fs";
import type { Worker as WorkerThread } from "node:worker_threads";
import { StorageError, type StorageErrorInit } from "@agent-assembly/storage-core";
import type { Database } from "better-sqlite3";
import { type CountSlice, SliceCounter, type SliceRequest } from "../counts/slice.js";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { StatementCache } from "../driver/statement-cache.js";
import { rewriteFile } from "./rewrite-file.js";

interface Query {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** `rewrite`: the database file, by `VACUUM` on a connection of its own. `checkpoint`: of its log, in the same way. */
type Request = Query | { readonly slice: SliceRequest } | { readonly rewrite: true } | { readonly checkpoint: true };

export type ScanRequest = { readonly id: number } & Request;

export type ScanAnswer =
  | { readonly id: number; readonly rows: unknown[][] }
  | { readonly id: number; readonly slice: CountSlice | undefined }
  | { readonly id: number; readonly done: true }
  | { readonly id: number; readonly error: ScanFailure };

/** An error of the thread: a {@link StorageError} as what it is made of, or the driver's own. */
export type ScanFailure =
  | { readonly init: StorageErrorInit }
  | { readonly message: string; readonly code: string | undefined };

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
  /** Whether the process stays alive for the answer. */
  readonly holds: boolean;
}

interface ScanPoolOptions {
  /** The file, for the thread to open. */
  readonly path: string;
  /** Up to this size the file is scanned on the calling thread. */
  readonly inlineBytes: number;
  readonly connection: Database;
  readonly statements: StatementCache;
  readonly yielder: EventLoopYielder;
}

/** Events counted at a time on the calling thread: a few milliseconds of work. */
const INLINE_SLICE_ROWS = 500;

const CLOSED = "the storage was closed while the query ran";

/**
 * The module of the thread. A bundle may have left it out, or be CommonJS, which has no `import.meta`: then all scans run
 * on the calling thread.
 */
const WORKER_FILE = workerFile();

function workerFile(): URL | undefined {
  if (import.meta.url === undefined) return undefined;
  // Copied as it is, without what it imports, it would be of no use beside a bundle.
  const file = new URL(/* webpackIgnore: true */ "./scan-worker.js", import.meta.url);
  return existsSync(file) ? file : undefined;
}

/** Runs scans: on the calling thread for a small file, otherwise in a worker thread that starts with the first scan. */
export class ScanPool {
  readonly #waiting = new Map<number, Waiting>();
  #counter: SliceCounter | undefined;
  #worker: WorkerThread | undefined;
  #pageBytes: number | undefined;
  #nextId = 1;
  #isHeld = false;
  #closed = false;

  constructor(private readonly options: ScanPoolOptions) {}

  /** All rows of a query, as arrays. */
  async rows<Row extends unknown[]>(query: Query): Promise<Row[]> {
    const thread = this.#thread();
    if (thread !== undefined) return this.#ask<Row[]>(thread, query, true);
    const { statements, yielder } = this.options;
    await yielder.due();
    return statements.rows<Row>(query.sql).all(...query.values);
  }

  /**
   * Counts a slice of the log, a smaller one on the calling thread. Does not keep the process alive.
   * @returns `undefined` where no counts are kept
   */
  async slice(request: SliceRequest): Promise<CountSlice | undefined> {
    const thread = this.#thread();
    if (thread !== undefined) return this.#ask<CountSlice | undefined>(thread, { slice: request }, false);
    const { connection, yielder } = this.options;
    await yielder.due();
    this.#counter ??= new SliceCounter(connection);
    return this.#counter.count({ ...request, rows: Math.min(request.rows, INLINE_SLICE_ROWS) });
  }

  /**
   * Writes the database file anew, without what was deleted from it, and overwrites what is freed meanwhile. Others can read, and
   * cannot write. @throws the driver's errors
   */
  async rewrite(): Promise<void> {
    if (WORKER_FILE === undefined) rewriteFile(this.options.path);
    else await this.#ask(WORKER_FILE, { rewrite: true }, true);
  }

  /**
   * Moves what is committed from the log into the file, while others read and write.
   * @returns `undefined` where no thread is to be used
   * @throws the driver's errors
   */
  checkpoint(): Promise<void> | undefined {
    const thread = this.#closed ? undefined : this.#thread();
    return thread === undefined ? undefined : this.#ask<void>(thread, { checkpoint: true }, true);
  }

  /** From now on, whatever is waited for keeps the process alive. */
  hold(): void {
    this.#isHeld = true;
    if (this.#waiting.size > 0) this.#worker?.ref();
  }

  /** What the thread runs, when one is to be used. */
  #thread(): URL | undefined {
    return this.#worker !== undefined || this.#bytes() > this.options.inlineBytes ? WORKER_FILE : undefined;
  }

  /** Size of the database, including pages that are only in the write-ahead log. */
  #bytes(): number {
    const { connection } = this.options;
    this.#pageBytes ??= connection.pragma("page_size", { simple: true }) as number;
    return (connection.pragma("page_count", { simple: true }) as number) * this.#pageBytes;
  }

  async #ask<Answer>(file: URL, request: Request, holds: boolean): Promise<Answer> {
    // Most short-lived processes never need a thread.
    const { Worker } = await import("node:worker_threads");
    if (this.#closed) throw new StorageError({ code: "closed", message: CLOSED });
    const worker = this.#start(Worker, file);
    return new Promise<Answer>((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, holds });
      // The thread keeps the process alive only while a scan is waiting.
      if (holds || this.#isHeld) worker.ref();
      worker.postMessage({ id, ...request } satisfies ScanRequest);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#failAll(new StorageError({ code: "closed", message: CLOSED }));
  }

  #start(Worker: typeof WorkerThread, file: URL): WorkerThread {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(file, { workerData: { path: this.options.path } });
    worker.unref();
    worker.on("message", (answer: ScanAnswer) => this.#settle(worker, answer));
    const lost = (cause?: unknown): void => {
      if (this.#worker !== worker) return;
      // The next scan starts another one.
      this.#worker = undefined;
      const known = (cause as { code?: unknown } | undefined)?.code;
      this.#failAll(
        typeof known === "string" && known.startsWith("SQLITE_")
          ? cause
          : new StorageError({
              code: "unavailable",
              message: "the query thread ended unexpectedly",
              remedy: "Try again.",
              cause,
            }),
      );
    };
    worker.on("error", lost);
    worker.on("exit", () => lost());
    this.#worker = worker;
    return worker;
  }

  #settle(worker: WorkerThread, answer: ScanAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    // An answer that comes while the thread is being ended must not let the process end before it: a close would never settle.
    const isAwaited = this.#closed || [...this.#waiting.values()].some(({ holds }) => holds || this.#isHeld);
    if (!isAwaited) worker.unref();
    if ("error" in answer) waiting?.reject(toError(answer.error));
    else waiting?.resolve(("rows" in answer ? answer.rows : "slice" in answer ? answer.slice : undefined) as never);
  }

  #failAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function toError(failure: ScanFailure): Error {
  if ("init" in failure) return new StorageError(failure.init);
  return Object.assign(new Error(failure.message), { name: "SqliteError", code: failure.code });
}
