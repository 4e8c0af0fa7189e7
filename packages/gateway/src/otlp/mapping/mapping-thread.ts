import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Worker as WorkerThread } from "node:worker_threads";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { ProblemError, problem, RETRY_AFTER_STORE } from "../../http/problem.js";
import type { OtlpOptions } from "../options.js";
import type { MappedRequest, RecordsRequest } from "./map-request.js";
import { eventsIn, READY, type ThreadAnswer, type ThreadRequest } from "./thread-messages.js";

type Mapped = Extract<ThreadAnswer, { readonly texts: readonly string[] }>;

interface Waiting {
  readonly resolve: (answer: Mapped) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The module of the thread. A bundle may have left it out, or be CommonJS, which has no `import.meta`: then everything is mapped on
 * the calling thread.
 */
const THREAD_FILE = threadFile();

function threadFile(): URL | null {
  if (import.meta.url === undefined) return null;
  // Copied as it is, without what it imports, it would be of no use beside a bundle.
  const file = new URL(/* webpackIgnore: true */ "./otlp-thread.js", import.meta.url);
  return existsSync(file) ? file : null;
}

/**
 * A thread that decodes and maps large requests while this one stores others. It is started by the first of them, which waits for it:
 * read by code that has not run before, a request would block this thread for longer than any later one. It is ended when the gateway
 * closes, once nothing waits for it.
 */
export class MappingThread {
  readonly #waiting = new Map<number, Waiting>();
  #ready: WorkerThread | undefined;
  #starting: Promise<void> | undefined;
  #nextId = 1;
  #reading = 0;

  /**
   * @param options as they were given: functions cannot be sent
   * @param file of the thread; `null` where there is none
   */
  constructor(
    private readonly options: OtlpOptions,
    private readonly closing: AbortSignal,
    private readonly file: URL | null = THREAD_FILE,
  ) {
    closing.addEventListener("abort", () => this.#endIfIdle(), { once: true });
  }

  /** Whether requests can be given to it. The first question starts it, and is answered once it has started or failed to. */
  async isReady(): Promise<boolean> {
    if (this.#ready === undefined) await this.start();
    return this.#ready !== undefined && !this.closing.aborted;
  }

  /** Resolves when it is ready, or cannot be started. */
  start(): Promise<void> {
    if (this.#starting !== undefined || this.file === null || this.closing.aborted) {
      return this.#starting ?? Promise.resolve();
    }
    this.#starting = this.#start(this.file);
    return this.#starting;
  }

  /**
   * Call it only while it is ready.
   * @param request its bytes are moved to the thread, and gone here
   * @throws ProblemError 400 for a body that is no request; 503 when the thread ends before it answers: nothing is stored then
   */
  async map({ bytes, ...request }: RecordsRequest): Promise<MappedRequest> {
    const worker = this.#ready;
    if (worker === undefined) throw lost();
    const answered = new Promise<Mapped>((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      const sent = alone(bytes);
      worker.postMessage({ ...request, id, bytes: sent } satisfies ThreadRequest, [sent.buffer]);
    });
    const { texts, items, owners, rejected, ignored } = await answered;
    this.#reading++;
    try {
      return { items, events: await read(texts), owners, rejected, ignored };
    } finally {
      this.#reading--;
    }
  }

  /** Whether events that it has mapped are being read. */
  get isReading(): boolean {
    return this.#reading > 0;
  }

  async #start(file: URL): Promise<void> {
    // Programs that take no large request never need a thread.
    const { Worker } = await import("node:worker_threads");
    let worker: WorkerThread;
    try {
      worker = new Worker(file, { workerData: this.options });
    } catch {
      // Node's permission model may forbid threads, or there are too many. Requests are mapped on this one, as small ones are.
      return;
    }
    await new Promise<void>((resolve) => {
      worker.on("message", (answer: ThreadAnswer | typeof READY) => {
        if (answer !== READY) return this.#settle(worker, answer);
        this.#ready = worker;
        // Until here, a request waited for it.
        worker.unref();
        if (this.closing.aborted) this.#endIfIdle();
        resolve();
      });
      // One that ends before it was ready, as in a bundle without its modules, would end again: it stays the only one.
      worker.on("error", () => this.#lose(worker));
      worker.on("exit", () => {
        this.#lose(worker);
        resolve();
      });
    });
  }

  #settle(worker: WorkerThread, answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) worker.unref();
    if ("texts" in answer) waiting?.resolve(answer);
    else waiting?.reject("problem" in answer ? new ProblemError(answer.problem) : answer.defect);
    if (this.closing.aborted) this.#endIfIdle();
  }

  /** The next large request starts another one. */
  #lose(worker: WorkerThread): void {
    if (this.#ready !== worker) return;
    this.#ready = undefined;
    this.#starting = undefined;
    for (const { reject } of this.#waiting.values()) reject(lost());
    this.#waiting.clear();
  }

  #endIfIdle(): void {
    if (this.#waiting.size > 0) return;
    void this.#ready?.terminate();
  }
}

/** With pauses, since others wait for this thread. */
async function read(texts: readonly string[]): Promise<NewAuditEvent[]> {
  const events: NewAuditEvent[] = [];
  for (const text of texts) {
    for (const event of eventsIn(text)) events.push(event);
    await setImmediate();
  }
  return events;
}

function lost(): ProblemError {
  return problem("unavailable", "the gateway could not read the request to its end", {
    retryable: true,
    retryAfter: RETRY_AFTER_STORE,
  });
}

/** Bytes in memory of their own: small ones share theirs with others, from which they cannot be moved. */
function alone(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isAlone = buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength;
  return isAlone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
