import { existsSync } from "node:fs";
import type { Worker as WorkerThread } from "node:worker_threads";
import { StorageError, type StorageErrorInit } from "@agent-assembly/storage-core";
import type { Database } from "better-sqlite3";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { StatementCache } from "../driver/statement-cache.js";

export interface ScanRequest {
  readonly id: number;
  readonly sql: string;
  readonly values: readonly unknown[];
}

type Query = Pick<ScanRequest, "sql" | "values">;

export type ScanAnswer =
  | { readonly id: number; readonly rows: unknown[][] }
  | { readonly id: number; readonly error: ScanFailure };

/** An error of the thread: a {@link StorageError} as what it is made of, or the driver's own. */
export type ScanFailure =
  | { readonly init: StorageErrorInit }
  | { readonly message: string; readonly code: string | undefined };

interface Waiting {
  readonly resolve: (rows: unknown[][]) => void;
  readonly reject: (error: unknown) => void;
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
  #worker: WorkerThread | undefined;
  #pageBytes: number | undefined;
  #nextId = 1;
  #closed = false;

  constructor(private readonly options: ScanPoolOptions) {}

  /** All rows of a query, as arrays. */
  async rows<Row extends unknown[]>(query: Query): Promise<Row[]> {
    const { inlineBytes, statements, yielder } = this.options;
    if (WORKER_FILE !== undefined && (this.#worker !== undefined || this.#bytes() > inlineBytes)) {
      return this.#rowsOfThread(query, WORKER_FILE);
    }
    await yielder.due();
    return statements.rows<Row>(query.sql).all(...query.values);
  }

  /** Size of the database, including pages that are only in the write-ahead log. */
  #bytes(): number {
    const { connection } = this.options;
    this.#pageBytes ??= connection.pragma("page_size", { simple: true }) as number;
    return (connection.pragma("page_count", { simple: true }) as number) * this.#pageBytes;
  }

  async #rowsOfThread<Row extends unknown[]>({ sql, values }: Query, file: URL): Promise<Row[]> {
    // Most short-lived processes never need a thread.
    const { Worker } = await import("node:worker_threads");
    if (this.#closed) throw new StorageError({ code: "closed", message: CLOSED });
    const worker = this.#start(Worker, file);
    return new Promise<unknown[][]>((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      // The thread keeps the process alive only while a scan is waiting.
      worker.ref();
      worker.postMessage({ id, sql, values } satisfies ScanRequest);
    }) as Promise<Row[]>;
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
    if (this.#waiting.size === 0) worker.unref();
    if ("rows" in answer) waiting?.resolve(answer.rows);
    else waiting?.reject(toError(answer.error));
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
