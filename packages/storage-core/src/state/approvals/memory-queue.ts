import { MemoryKeyedTable } from "../../records/memory-table.js";
import { checkObject } from "../../support/input.js";
import { type Clock, systemClock } from "../../time/clock.js";
import { parseClock } from "../parse-clock.js";
import { openApprovalQueue } from "./open.js";
import type { ApprovalDefaults } from "./parse.js";
import type { ApprovalQueue } from "./queue.js";
import type { ApprovalRow } from "./row.js";
import { createApprovalDriver } from "./table-driver.js";

/** Options of {@link openMemoryApprovals}. */
export interface MemoryApprovalOptions extends ApprovalDefaults {
  /** Milliseconds since the epoch; default the system's clock. */
  readonly clock?: Clock | undefined;
}

/**
 * A queue in this process's memory: requests are gone when it ends, and other processes do not see them.
 * @throws `invalid_argument`
 */
export function openMemoryApprovals(options: MemoryApprovalOptions = {}): ApprovalQueue {
  checkObject("options", options);
  const { clock, ...defaults } = options;
  const table = new MemoryKeyedTable<ApprovalRow>("requestId", parseClock(clock ?? systemClock));
  return openApprovalQueue(createApprovalDriver(table, { backedBy: "process" }), defaults, {
    backend: "memory",
    pollMs: 1000,
  });
}
