import { type Lease, StorageError, type TierStore } from "@agent-assembly/storage-core";

/** Keeps a lease for as long as work goes on, and says when it was lost. */
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

  /** @returns `undefined` when somebody else holds it @param ttlMs after which a dead owner's lease goes to another */
  static async acquire(tiers: Pick<TierStore, "lease">, name: string, ttlMs: number): Promise<LeaseKeeper | undefined> {
    const lease = await tiers.lease(name, ttlMs);
    return lease === undefined ? undefined : new LeaseKeeper(lease, ttlMs);
  }

  /** Aborted when the lease is somebody else's, or must be taken to be. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    // What is lost is not ours to give back; and it expires by itself when the store is away.
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
      new StorageError({ code: "conflict", message: `${why}; what is left is done by the next run`, cause }),
    );
  }
}
