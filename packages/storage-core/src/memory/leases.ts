import type { Lease } from "../retention/lease.js";
import { checkLease, leaseOwner } from "../retention/parse-lease.js";
import type { Clock } from "../time/clock.js";

export class MemoryLeases {
  readonly #held = new Map<string, { owner: string; expiresAt: number }>();

  constructor(private readonly clock: Clock) {}

  async acquire(name: string, ttlMs: number): Promise<Lease | undefined> {
    checkLease(name, ttlMs);
    const owner = leaseOwner();
    const held = this.#held.get(name);
    if (held !== undefined && held.expiresAt > this.clock()) return undefined;
    let expiresAt = this.clock() + ttlMs;
    this.#held.set(name, { owner, expiresAt });
    const isMine = (): boolean => this.#held.get(name)?.owner === owner;
    const release = async (): Promise<void> => {
      if (isMine()) this.#held.delete(name);
    };
    return {
      name,
      get expiresAt() {
        return new Date(expiresAt);
      },
      renew: async () => {
        if (!isMine() || expiresAt <= this.clock()) return false;
        expiresAt = this.clock() + ttlMs;
        this.#held.set(name, { owner, expiresAt });
        return true;
      },
      release,
      [Symbol.asyncDispose]: release,
    };
  }
}
