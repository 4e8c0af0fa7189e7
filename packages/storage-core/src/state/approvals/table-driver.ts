import type { StorageError } from "../../errors.js";
import type { KeyedTable } from "../../records/keyed-table.js";
import type { ApprovalDriver } from "./driver.js";
import { whereApprovals } from "./filter.js";
import { type ApprovalRow, decidedBefore, undecidedAt, unsettledAt } from "./row.js";
import { ApprovalWatchers } from "./watchers.js";

/** How far pending requests are counted: health takes constant time. */
const COUNTED = 10_000;

export interface TableApprovalOptions {
  /** As {@link StateHealth.backedBy} names it. */
  readonly backedBy: string;
  /**
   * Called when the first wait begins: lets watchers know of changes by other processes. Absent where there are no
   * notifications; changes of this process are always known.
   */
  readonly listen?: ((watchers: ApprovalWatchers) => void) | undefined;
  /** The table's errors by code. */
  readonly classify?: ((error: unknown) => StorageError) | undefined;
}

/** The approvals of a store that has a table for them. */
export function createApprovalDriver(
  table: KeyedTable<ApprovalRow>,
  { backedBy, listen, classify }: TableApprovalOptions,
): ApprovalDriver {
  const watchers = new ApprovalWatchers();
  let listening = false;
  return {
    now: () => table.now(),
    insert: (row, event) => table.insert(row, event),
    find: (requestId) => table.find(requestId),

    async replace(requestId, change, record) {
      let changed = false;
      const next = await table.replace(
        requestId,
        (stored, now) => {
          const made = stored && change(stored, now);
          changed = made !== stored;
          return made;
        },
        record,
      );
      if (changed) watchers.wake(requestId);
      return next;
    },

    list: (filter, after, limit, now) =>
      table.list({
        where: whereApprovals(filter, now),
        order: { by: ["submittedAt", "requestId"] },
        after: after && [after.submittedAt, after.requestId],
        limit,
      }),

    expired: (now, limit) =>
      table.list({ where: unsettledAt(now), order: { by: ["submittedAt", "requestId"] }, limit }),

    purge: (before, limit) => table.remove(decidedBefore(before), limit),

    watch(requestId, wake) {
      if (!listening) listen?.(watchers);
      listening = true;
      return watchers.add(requestId, wake);
    },

    async health() {
      try {
        const pending = await table.count(undecidedAt(await table.now()), COUNTED);
        return { status: "ok", backedBy, problems: [], details: { pending } };
      } catch (error) {
        const known = classify?.(error);
        if (known === undefined || known.code === "closed") throw error;
        return { status: "down", backedBy, problems: [known.message], details: {} };
      }
    },

    // The store closes the connections, and other queues may use the same driver.
    close: async () => undefined,
  };
}
