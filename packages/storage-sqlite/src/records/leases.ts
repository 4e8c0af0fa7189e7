import type { Clock, Lease } from "@agent-assembly/storage-core";
import { checkLease, leaseOwner } from "@agent-assembly/storage-core/backend";
import { and, eq, gt, lte } from "drizzle-orm";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { leases } from "../schema/tables.js";

/** Leases among the processes that open the same file. */
export class Leases {
  constructor(
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
    private readonly clock: Clock,
  ) {}

  async acquire(name: string, ttlMs: number): Promise<Lease | undefined> {
    checkLease(name, ttlMs);
    const owner = leaseOwner();
    const mine = and(eq(leases.name, name), eq(leases.owner, owner));
    const acquired = await this.queue.transaction(() => {
      const now = this.clock();
      const row = { name, owner, expiresAt: now + ttlMs };
      const { changes } = this.writer
        .insert(leases)
        .values(row)
        .onConflictDoUpdate({ target: leases.name, set: row, setWhere: lte(leases.expiresAt, now) })
        .run();
      return changes === 1 ? row.expiresAt : undefined;
    });
    if (acquired === undefined) return undefined;
    let expiresAt = acquired;
    const release = async (): Promise<void> => {
      await this.queue.transaction(() => void this.writer.delete(leases).where(mine).run());
    };
    return {
      name,
      get expiresAt() {
        return new Date(expiresAt);
      },
      renew: () =>
        this.queue.transaction(() => {
          const now = this.clock();
          const { changes } = this.writer
            .update(leases)
            .set({ expiresAt: now + ttlMs })
            .where(and(mine, gt(leases.expiresAt, now)))
            .run();
          if (changes === 1) expiresAt = now + ttlMs;
          return changes === 1;
        }),
      release,
      [Symbol.asyncDispose]: release,
    };
  }
}
