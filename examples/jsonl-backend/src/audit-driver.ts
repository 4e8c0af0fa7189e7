import type { AppendResult } from "@agent-assembly/storage-core";
import type { AppendRowsOptions, AuditEventRow } from "@agent-assembly/storage-core/backend";
import { MemoryAuditDriver } from "@agent-assembly/storage-core/memory";

interface WaitingCall {
  readonly rows: readonly AuditEventRow[];
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Events that are not made to wait for more: bounds the length of a line. */
const MAX_WAITING = 1000;

/** Group commit: calls of one turn of the event loop become one line, and so share the wait for the disk. */
export class JsonlAuditDriver extends MemoryAuditDriver {
  #waiting: WaitingCall[] = [];
  #waitingRows = 0;

  override append(rows: readonly AuditEventRow[], options?: AppendRowsOptions): Promise<AppendResult> {
    if (options?.restored === true) return super.append(rows, options);
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commit());
      this.#waiting.push({ rows, resolve, reject });
      this.#waitingRows += rows.length;
      if (this.#waitingRows >= MAX_WAITING) this.#commit();
    });
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#waitingRows = 0;
    try {
      const results = this.appendAll(group.map(({ rows }) => rows));
      for (const [n, { resolve }] of group.entries()) resolve(results[n] as AppendResult);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
