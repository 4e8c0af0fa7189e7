import type { Clock, HoldRelease, HoldStore, LegalHold, NewLegalHold } from "@agent-assembly/storage-core";
import {
  checkHoldsOptions,
  holdErrors,
  parseHold,
  parseRelease,
  toLegalHold,
} from "@agent-assembly/storage-core/backend";
import { and, asc, eq, isNull } from "drizzle-orm";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { legalHolds } from "../schema/tables.js";

/** Legal holds among the processes that open the same file. */
export class SqliteLegalHolds implements HoldStore {
  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
    private readonly clock: Clock,
  ) {}

  async place(hold: NewLegalHold): Promise<LegalHold> {
    const placed = parseHold(hold, this.clock());
    await this.queue.transaction(() => void this.writer.insert(legalHolds).values(placed).run());
    return toLegalHold(placed);
  }

  async release(holdId: string, release: HoldRelease): Promise<LegalHold> {
    const { holdId: id, actor, reason } = parseRelease(holdId, release);
    const wanted = eq(legalHolds.holdId, id);
    return this.queue.transaction(() => {
      const released = this.writer
        .update(legalHolds)
        .set({ releasedAt: this.clock(), releaseActor: actor, releaseReason: reason })
        .where(and(wanted, isNull(legalHolds.releasedAt)))
        .returning()
        .get();
      if (released !== undefined) return toLegalHold(released);
      const known = this.writer.select().from(legalHolds).where(wanted).get();
      throw known === undefined ? holdErrors.unknown() : holdErrors.released();
    });
  }

  async list(options?: { readonly released?: boolean | undefined }): Promise<LegalHold[]> {
    const released = checkHoldsOptions(options);
    return this.reader
      .select()
      .from(legalHolds)
      .where(released ? undefined : isNull(legalHolds.releasedAt))
      .orderBy(asc(legalHolds.placedAt), asc(legalHolds.holdId))
      .all()
      .map(toLegalHold);
  }
}
