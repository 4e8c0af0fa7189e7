import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "@agent-assembly/storage-core";
import type { Lease, RetentionSupport } from "@agent-assembly/storage-core/backend";

const NAME = "erasure";
const TTL_MS = 20_000;
const POLL_MS = 200;

/** One erasure at a time states what it does: whether another one was cut off, it could not tell otherwise. */
export class ErasureLease implements AsyncDisposable {
  readonly #timer: NodeJS.Timeout;

  #isLost = false;
  #cause: unknown;

  private constructor(private readonly lease: Lease) {
    this.#timer = setInterval(() => void this.#renew(), TTL_MS / 3);
    this.#timer.unref();
  }

  /** @throws `busy` where another erasure may have taken over */
  requireHeld(): void {
    if (!this.#isLost) return;
    throw new StorageError({
      code: "busy",
      message: "another erasure may have taken over while this one waited",
      remedy: "Ask for the same erasure again.",
      cause: this.#cause,
    });
  }

  /** Never rejects: it is called by a timer. */
  async #renew(): Promise<void> {
    try {
      if (await this.lease.renew()) return;
    } catch (error) {
      // The lease may run out before the store answers again.
      this.#cause = error;
    }
    this.#isLost = true;
  }

  /** @param waitMs for another erasure @throws `busy` */
  static async acquire(
    retentionSupport: Pick<RetentionSupport, "lease">,
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<ErasureLease> {
    const began = Date.now();
    for (;;) {
      const lease = await retentionSupport.lease(NAME, TTL_MS);
      if (lease !== undefined) return new ErasureLease(lease);
      if (Date.now() - began >= waitMs) {
        throw new StorageError({
          code: "busy",
          message: "another erasure is at work in this store",
          remedy: "Wait until it ends, and ask for the same erasure again.",
        });
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.lease.release();
  }
}
