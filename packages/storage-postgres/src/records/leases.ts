import type { Clock, Lease } from "@agent-assembly/storage-core";
import { leaseOwner, parseLease, systemClock } from "@agent-assembly/storage-core/backend";
import { and, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import { type Db, drizzleOn } from "../driver/drizzle.js";
import type { Pool } from "../driver/pool.js";
import { type Tables, tablesIn } from "../schema/tables.js";
import { toTimestamp } from "../sql/timestamps.js";

/**
 * Leases among all processes that use the same schema. They expire by the server's clock, because the clocks of
 * processes differ; `expiresAt` is in the server's time too. A custom clock, as in tests, replaces the server's.
 */
export class Leases {
  readonly #leases: Tables["leases"];

  constructor(
    private readonly pool: Pool,
    private readonly clock: Clock = systemClock,
  ) {
    this.#leases = tablesIn(pool.options.schema).leases;
  }

  /**
   * @param ttlMs 1,000 to 86,400,000
   * @returns `undefined` when another owner holds it
   * @throws `invalid_argument`; errors of the driver
   */
  async acquire(name: string, ttlMs: number): Promise<Lease | undefined> {
    parseLease(name, ttlMs);
    const owner = leaseOwner();
    const taken = await this.#take(name, owner, ttlMs);
    if (taken === undefined) return undefined;
    let expiresAt = taken;
    const release = () => this.#release(name, owner);
    return {
      name,
      get expiresAt() {
        return new Date(expiresAt);
      },
      renew: async () => {
        const renewed = await this.#renew(name, owner, ttlMs);
        expiresAt = renewed ?? expiresAt;
        return renewed !== undefined;
      },
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  /** One statement: of several processes, one gets the row. @returns when it expires */
  async #take(name: string, owner: string, ttlMs: number): Promise<number | undefined> {
    const leases = this.#leases;
    const now = this.#now();
    const lease = { name, owner, expiresAt: after(now, ttlMs) };
    const [row] = await this.#run((db) =>
      db
        .insert(leases)
        .values(lease)
        .onConflictDoUpdate({ target: leases.name, set: lease, setWhere: lte(leases.expiresAt, now) })
        .returning({ expiresAt: leases.expiresAt }),
    );
    return row?.expiresAt;
  }

  /** @returns the new expiry; `undefined` when it was lost */
  async #renew(name: string, owner: string, ttlMs: number): Promise<number | undefined> {
    const leases = this.#leases;
    const now = this.#now();
    const [row] = await this.#run((db) =>
      db
        .update(leases)
        .set({ expiresAt: after(now, ttlMs) })
        .where(and(this.#ownedBy(name, owner), gt(leases.expiresAt, now)))
        .returning({ expiresAt: leases.expiresAt }),
    );
    return row?.expiresAt;
  }

  async #release(name: string, owner: string): Promise<void> {
    await this.#run((db) => db.delete(this.#leases).where(this.#ownedBy(name, owner)));
  }

  /**
   * The server's current time. `now()` would return the start of the transaction, which may have waited for another
   * one.
   */
  #now(): SQL {
    return this.clock === systemClock ? sql`clock_timestamp()` : sql`${toTimestamp(this.clock())}::timestamptz`;
  }

  #ownedBy(name: string, owner: string): SQL | undefined {
    return and(eq(this.#leases.name, name), eq(this.#leases.owner, owner));
  }

  /** Creates the promise here, because drizzle's own promises run the statement for each `await`. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }
}

function after(now: SQL, ms: number): SQL {
  return sql`${now} + ${ms}::double precision * interval '1 millisecond'`;
}
