import { isStorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import type { Explain } from "../../explain-error.js";
import { reportError } from "../../report-error.js";

/** Failures of one code are told of once in this time. */
const QUIET_MS = 10_000;

/** Tells stderr of failures of a running server: its answers say nothing of their causes. */
export class ErrorLog {
  readonly #toldAt = new Map<string, number>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly context: Context,
    private readonly explain: Explain,
  ) {}

  add(error: unknown): void {
    const { now, global, json, err } = this.context;
    const code = isStorageError(error) ? error.code : "internal";
    if (now() - (this.#toldAt.get(code) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    this.#toldAt.set(code, now());
    const explained = error instanceof Error ? this.explain(error) : error;
    const { text } = reportError(explained, { json, debug: global.debug === true });
    this.#writing = this.#writing.then(() => err.write(text)).catch(() => undefined);
  }

  /** Resolves when all was written. */
  async flush(): Promise<void> {
    await this.#writing;
  }
}
