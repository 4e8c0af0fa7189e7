import type { KeyedTable } from "../records/keyed-table.js";
import { holdErrors } from "./errors.js";
import { parseHold, parseHoldsOptions, parseRelease } from "./parse.js";
import { HOLD_IN_FORCE, type HoldRow, toLegalHold } from "./row.js";
import type { HoldStore } from "./store.js";

/** Implements the rules of {@link HoldStore} on a backend's table. */
export function createHoldStore(table: KeyedTable<HoldRow>): HoldStore {
  return {
    async place(hold) {
      const placed = parseHold(hold, await table.now());
      if (!(await table.insert(placed))) throw holdErrors.taken();
      return toLegalHold(placed);
    },

    async release(holdId, release) {
      const { holdId: id, actor, reason } = parseRelease(holdId, release);
      const released = await table.replace(id, (hold, now) => {
        if (hold === undefined) throw holdErrors.unknown();
        if (hold.releasedAt !== null) throw holdErrors.released();
        return { ...hold, releasedAt: now, releaseActor: actor, releaseReason: reason };
      });
      return toLegalHold(released as HoldRow);
    },

    async list(options) {
      const where = parseHoldsOptions(options) ? undefined : HOLD_IN_FORCE;
      const rows = await table.list({ where, order: { by: ["placedAt", "holdId"] } });
      return rows.map(toLegalHold);
    },
  };
}
