import { Worker } from "node:worker_threads";
import { StorageError } from "@agent-assembly/storage-core";
import type { Condition } from "./audit-sql.js";

export interface ScanRequest {
  readonly id: number;
  readonly sql: string;
  readonly values: readonly unknown[];
}

export type ScanAnswer =
  | { readonly id: number; readonly rows: unknown[][] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string | undefined } };

interface Waiting {
  readonly resolve: (rows: unknown[][]) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends scans to a worker thread, which starts with the first one. */
export class ScanPool {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;

  constructor(private readonly path: string) {}

  /** All rows of a query, as arrays. */
  rows<Row extends unknown[]>({ sql, values }: Condition): Promise<Row[]> {
    const worker = this.#start();
    return new Promise<unknown[][]>((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      // Only while somebody waits does the thread keep the process alive.
      worker.ref();
      worker.postMessage({ id, sql, values } satisfies ScanRequest);
    }) as Promise<Row[]>;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#failAll(new StorageError({ code: "closed", message: "the storage was closed while the query ran" }));
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./scan-worker.js", import.meta.url), { workerData: { path: this.path } });
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
          : new StorageError({ code: "unavailable", message: "the query thread ended unexpectedly; try again", cause }),
      );
    };
    worker.on("error", lost);
    worker.on("exit", () => lost());
    this.#worker = worker;
    return worker;
  }

  #settle(worker: Worker, answer: ScanAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) worker.unref();
    if ("rows" in answer) waiting?.resolve(answer.rows);
    else
      waiting?.reject(Object.assign(new Error(answer.error.message), { name: "SqliteError", code: answer.error.code }));
  }

  #failAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
