import { StorageError } from "@agent-assembly/storage-core";
import type { Lease, RetentionSupport } from "@agent-assembly/storage-core/backend";

/** Renews a lease while work is running, and signals its loss. */
export class LeaseKeeper implements AsyncDisposable {
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;

  private constructor(
    private readonly lease: Lease,
    ttlMs: number,
  ) {
    this.#timer = setInterval(() => void this.#renew(), ttlMs / 3);
    this.#timer.unref();
  }

  /**
   * @returns `undefined` when another owner holds it
   * @param ttlMs after which another owner may take the lease of a dead one
   */
  static async acquire(
    retentionSupport: Pick<RetentionSupport, "lease">,
    name: string,
    ttlMs: number,
  ): Promise<LeaseKeeper | undefined> {
    const lease = await retentionSupport.lease(name, ttlMs);
    return lease === undefined ? undefined : new LeaseKeeper(lease, ttlMs);
  }

  /** Aborted when the lease is lost, or must be assumed lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    // A lost lease cannot be released, and without the store it expires by itself.
    if (!this.#lost.signal.aborted) await this.lease.release();
  }

  async #renew(): Promise<void> {
    try {
      if (await this.lease.renew()) return;
      this.#giveUp("another process took over the lease");
    } catch (cause) {
      // The next attempt may succeed before it expires.
      if (this.lease.expiresAt.getTime() <= Date.now()) this.#giveUp("the lease could not be renewed", cause);
    }
  }

  #giveUp(why: string, cause?: unknown): void {
    clearInterval(this.#timer);
    this.#lost.abort(
      new StorageError({ code: "conflict", message: `${why}; the next run does the remaining work`, cause }),
    );
  }
}
