import { type AuditEventRow, toAuditEvent } from "../../audit/row.js";
import type { AuditStore } from "../../audit/store.js";
import { isStorageError, StorageError } from "../../errors.js";
import type { RecordChange } from "../../governance/record-change.js";
import type { StateHealth } from "../health.js";
import type { ApprovalChange, ApprovalDriver } from "./driver.js";
import type { ApprovalKey, ParsedApprovalFilter } from "./filter.js";
import { decisionEvent, submissionEvent } from "./recorded.js";
import type { ApprovalRow } from "./row.js";

/** Requests of which this process knows that they are recorded. */
const KNOWN = 10_000;
/** What is recorded may have happened long ago, by a clock that differs. */
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

/**
 * For a queue whose audit log is another store: records each change before it is answered, and again what another process
 * may have left unrecorded, before it reports it. The log stores the same event once.
 */
export class RecordingApprovalDriver implements ApprovalDriver {
  /** Keys of requests, undecided and decided, oldest first. */
  readonly #known = new Set<string>();
  readonly watch?: NonNullable<ApprovalDriver["watch"]>;

  constructor(
    private readonly driver: ApprovalDriver,
    private readonly audit: Pick<AuditStore, "append">,
  ) {
    if (driver.watch !== undefined) this.watch = driver.watch.bind(driver);
  }

  now(): Promise<number> {
    return this.driver.now();
  }

  async insert(row: ApprovalRow, event: AuditEventRow): Promise<boolean> {
    if (!(await this.driver.insert(row, event))) return false;
    await this.#ensure(row);
    return true;
  }

  async find(requestId: string): Promise<ApprovalRow | undefined> {
    const row = await this.driver.find(requestId);
    if (row === undefined) return undefined;
    try {
      await this.#ensure(row);
    } catch (error) {
      // A reader may write no event; the process that changes the request can.
      if (!isStorageError(error, "permission_denied")) throw error;
    }
    return row;
  }

  async replace(
    requestId: string,
    change: ApprovalChange,
    record: RecordChange<ApprovalRow>,
  ): Promise<ApprovalRow | undefined> {
    let before: ApprovalRow | undefined;
    const make: ApprovalChange = (stored, now) => {
      before = stored;
      return change(stored, now);
    };
    try {
      const next = await this.driver.replace(requestId, make, record);
      if (next !== undefined) await this.#ensure(next);
      return next;
    } catch (error) {
      // Refused, because it was decided: by a call, perhaps, that could not record it.
      if (before !== undefined && isStorageError(error, "conflict")) await this.#ensure(before);
      throw error;
    }
  }

  list(
    filter: ParsedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly ApprovalRow[]> {
    return this.driver.list(filter, after, limit, now);
  }

  expired(now: number, limit: number): Promise<readonly ApprovalRow[]> {
    return this.driver.expired(now, limit);
  }

  purge(before: number, limit: number): Promise<void> {
    return this.driver.purge(before, limit);
  }

  health(): Promise<StateHealth> {
    return this.driver.health();
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  async #ensure(row: ApprovalRow): Promise<void> {
    const decision = decisionEvent(row);
    const key = `${decision === undefined ? "submitted" : "decided"} ${row.submittedAt} ${row.requestId}`;
    if (this.#known.has(key)) return;
    await recordApprovalEvents(this.audit, [submissionEvent(row), decision]);
    this.#known.add(key);
    const [oldest] = this.#known;
    if (this.#known.size > KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

/**
 * Appends events that record changes, each of which the log stores once.
 * @throws the log's error; what it is about has happened all the same, and is recorded by the next call that sees it
 */
export async function recordApprovalEvents(
  audit: Pick<AuditStore, "append">,
  events: readonly (AuditEventRow | undefined)[],
): Promise<void> {
  const made = events.filter((event) => event !== undefined).map(toAuditEvent);
  try {
    const { rejected } = await audit.append(made, { limits: LIMITS });
    const [first] = rejected;
    if (first !== undefined) throw new StorageError({ code: "internal", message: first.reason });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    throw new StorageError({
      code: error.code,
      message: `the change of the request is stored, but the audit log did not take its record: ${error.message}`,
      remedy: "Make the same call again: it records what was left out.",
      cause: error,
    });
  }
}
