import type { Clock, HoldRelease, HoldStore, LegalHold, NewLegalHold } from "@agent-assembly/storage-core";
import {
  checkHoldsOptions,
  holdErrors,
  parseHold,
  parseRelease,
  toLegalHold,
} from "@agent-assembly/storage-core/backend";
import { and, asc, eq, isNull } from "drizzle-orm";
import { type Db, drizzleOn } from "../driver/drizzle.js";
import type { Pool } from "../driver/pool.js";
import { type Tables, tablesIn } from "../schema/tables.js";

/**
 * The legal holds of a store. A transaction that deletes rows locks this table against writes until it ends, so a hold
 * is placed before or after each such step, never during one: see {@link HoldGuard}.
 */
export class LegalHolds implements HoldStore {
  readonly #holds: Tables["legalHolds"];

  constructor(
    private readonly pool: Pool,
    private readonly clock: Clock,
  ) {
    this.#holds = tablesIn(pool.options.schema).legalHolds;
  }

  async place(hold: NewLegalHold): Promise<LegalHold> {
    const placed = parseHold(hold, this.clock());
    await this.#run((db) => db.insert(this.#holds).values(placed));
    return toLegalHold(placed);
  }

  async release(holdId: string, release: HoldRelease): Promise<LegalHold> {
    const { holdId: id, actor, reason } = parseRelease(holdId, release);
    const set = { releasedAt: this.clock(), releaseActor: actor, releaseReason: reason };
    const [released] = await this.#run((db) =>
      db
        .update(this.#holds)
        .set(set)
        .where(and(eq(this.#holds.holdId, id), isNull(this.#holds.releasedAt)))
        .returning(),
    );
    if (released !== undefined) return toLegalHold(released);
    const found = await this.#run((db) => db.select().from(this.#holds).where(eq(this.#holds.holdId, id)));
    throw found.length === 0 ? holdErrors.unknown() : holdErrors.released();
  }

  async list(options?: { readonly released?: boolean | undefined }): Promise<LegalHold[]> {
    const released = checkHoldsOptions(options);
    const rows = await this.#run((db) =>
      db
        .select()
        .from(this.#holds)
        .where(released ? undefined : isNull(this.#holds.releasedAt))
        .orderBy(asc(this.#holds.placedAt), asc(this.#holds.holdId)),
    );
    return rows.map(toLegalHold);
  }

  /** Creates the promise here, because drizzle's own promises run the statement for each `await`. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }
}
