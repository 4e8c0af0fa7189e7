import type { KeyedTable } from "../records/keyed-table.js";
import { type HoldDriver, holdDriverOf } from "./driver.js";
import { holdErrors } from "./errors.js";
import { parseHold, parseHoldsOptions, parseRelease } from "./parse.js";
import { recordPlaced, recordReleased } from "./recorded.js";
import { HOLD_IN_FORCE, type HoldRow, toLegalHold } from "./row.js";
import type { HoldStore } from "./store.js";

/**
 * Implements the rules of {@link HoldStore} on a backend's table.
 * @param driver default: places and releases by changes of the table's rows
 */
export function createHoldStore(table: KeyedTable<HoldRow>, driver: HoldDriver = holdDriverOf(table)): HoldStore {
  return {
    async place(hold) {
      const placed = await driver.place(parseHold(hold, await table.now()), recordPlaced);
      if (placed === undefined) throw holdErrors.taken();
      return toLegalHold(placed);
    },

    async release(holdId, release) {
      const { holdId: id, actor, reason } = parseRelease(holdId, release);
      const released = await driver.release(id, { actor, reason }, recordReleased);
      if (released !== undefined) return toLegalHold(released);
      throw (await table.find(id)) === undefined ? holdErrors.unknown() : holdErrors.released();
    },

    async list(options) {
      const where = parseHoldsOptions(options) ? undefined : HOLD_IN_FORCE;
      const rows = await table.list({ where, order: { by: ["placedAt", "holdId"] } });
      return rows.map(toLegalHold);
    },
  };
}
