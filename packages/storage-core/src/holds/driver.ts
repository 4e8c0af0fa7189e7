import type { RecordChange } from "../governance/record-change.js";
import type { KeyedTable } from "../records/keyed-table.js";
import type { HoldRelease } from "./record.js";
import type { HoldRow } from "./row.js";

/**
 * How a backend places and releases holds. One whose roles may not change the table, so that no hold in force is
 * rewritten, brings statements of its own. The event that `record` makes is stored in the same transaction.
 */
export interface HoldDriver {
  /** @returns the hold as stored, which may have another `placedAt`; `undefined` when its id is in use */
  place(hold: HoldRow, record: RecordChange<HoldRow>): Promise<HoldRow | undefined>;
  /** Atomic. @returns the released hold; `undefined` when no hold in force has this id */
  release(holdId: string, release: HoldRelease, record: RecordChange<HoldRow>): Promise<HoldRow | undefined>;
}

/** Changes rows of a table. */
export function holdDriverOf(table: KeyedTable<HoldRow>): HoldDriver {
  return {
    place: async (hold, record) =>
      (await table.insert(hold, record(undefined, hold, hold.placedAt))) ? hold : undefined,

    async release(holdId, { actor, reason }, record) {
      let released: HoldRow | undefined;
      await table.replace(
        holdId,
        (hold, now) => {
          released =
            hold === undefined || hold.releasedAt !== null
              ? undefined
              : { ...hold, releasedAt: now, releaseActor: actor, releaseReason: reason };
          return released ?? hold;
        },
        record,
      );
      return released;
    },
  };
}
