import type { AuditEventRow } from "../../audit/row.js";
import { MemoryKeyedTable } from "../../records/memory-table.js";
import { checkObject, parseInteger } from "../../support/input.js";
import { tooLarge } from "../../support/request-limits.js";
import { type Clock, systemClock } from "../../time/clock.js";
import { parseTokenKey } from "../../tokens/keys.js";
import { parseClock } from "../parse-clock.js";
import { type OpenApprovalsOptions, openApprovalQueue, recordedApprovals } from "./open.js";
import type { ApprovalQueue } from "./queue.js";
import type { ApprovalRow } from "./row.js";
import { createApprovalDriver } from "./table-driver.js";

/** Options of {@link openMemoryApprovals}. */
export interface MemoryApprovalOptions extends OpenApprovalsOptions {
  /** Milliseconds since the epoch; default the system's clock. */
  readonly clock?: Clock | undefined;
  /** Requests kept at a time, decided ones included; 1 to 1,000,000; default 100,000. */
  readonly maxRequests?: number | undefined;
  /** Signs cursors and positions: a secret of 32 to 512 characters, or up to 8 of which all verify. @default none */
  readonly tokenKey?: string | readonly string[] | undefined;
}

const DEFAULT_MAX_REQUESTS = 100_000;

/** Of bounded size: a request takes up to 256 KiB, and is kept for days. */
class RequestTable extends MemoryKeyedTable<ApprovalRow> {
  constructor(
    clock: Clock,
    private readonly maxRequests: number,
  ) {
    super("requestId", clock);
  }

  override async insert(row: ApprovalRow, event?: AuditEventRow): Promise<boolean> {
    if (this.get(row.requestId) === undefined && this.size >= this.maxRequests) {
      throw tooLarge(
        "approval",
        `is one more than the ${this.maxRequests} requests that are kept at a time`,
        "Decide some and keep them for less time (retainMs), raise options.maxRequests, or use a queue in a database.",
      );
    }
    return super.insert(row, event);
  }
}

/**
 * A queue in this process's memory: requests are gone when it ends, and other processes do not see them. With as many
 * requests as are kept, further ones are refused with `too_large`.
 * @throws `invalid_argument`
 */
export function openMemoryApprovals(options: MemoryApprovalOptions = {}): ApprovalQueue {
  checkObject("options", options);
  const { clock, tokenKey, maxRequests = DEFAULT_MAX_REQUESTS, ...rest } = options;
  const most = parseInteger("options.maxRequests", maxRequests, 1, 1_000_000);
  const table = new RequestTable(parseClock(clock ?? systemClock), most);
  const { driver, defaults } = recordedApprovals(createApprovalDriver(table, { backedBy: "process" }), rest);
  return openApprovalQueue(driver, defaults, {
    backend: "memory",
    pollMs: 1000,
    tokenKeys: parseTokenKey(tokenKey),
  });
}
