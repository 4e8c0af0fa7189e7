import type { Clock } from "../../time/clock.js";
import type { StateHealth } from "../health.js";
import {
  type ApprovalKey,
  compareApprovalKeys,
  matchesApprovalFilter,
  type NormalizedApprovalFilter,
} from "./filter.js";
import type { StoredApproval } from "./stored.js";
import type { ApprovalTable } from "./table.js";
import { ApprovalWatchers } from "./watchers.js";

/** Requests in a map; synchronous, so that no two changes overlap. */
export class MemoryApprovalTable implements ApprovalTable {
  /** In the order of submission, which is nearly that of keys. */
  readonly #approvals = new Map<string, StoredApproval>();
  readonly #watchers = new ApprovalWatchers();

  constructor(private readonly clock: Clock) {}

  async now(): Promise<number> {
    return this.clock();
  }

  async insert(approval: StoredApproval): Promise<StoredApproval> {
    const stored = this.#approvals.get(approval.requestId);
    if (stored !== undefined) return stored;
    this.#approvals.set(approval.requestId, approval);
    return approval;
  }

  async find(requestId: string): Promise<StoredApproval | undefined> {
    return this.#approvals.get(requestId);
  }

  async replace(
    requestId: string,
    change: (stored: StoredApproval | undefined, now: number) => StoredApproval,
  ): Promise<StoredApproval> {
    const stored = this.#approvals.get(requestId);
    const next = change(stored, this.clock());
    if (next === stored) return next;
    this.#approvals.set(requestId, next);
    this.#watchers.wake(requestId);
    return next;
  }

  async list(
    filter: NormalizedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly StoredApproval[]> {
    return [...this.#approvals.values()]
      .filter((one) => after === undefined || compareApprovalKeys(one, after) > 0)
      .filter((one) => matchesApprovalFilter(filter, one, now))
      .sort(compareApprovalKeys)
      .slice(0, limit);
  }

  async purge(before: number, limit: number): Promise<void> {
    const old = [...this.#approvals.values()].filter(({ decidedAt, expiresAt }) => (decidedAt ?? expiresAt) < before);
    for (const { requestId } of old.slice(0, limit)) this.#approvals.delete(requestId);
  }

  watch(requestId: string, wake: () => void): () => void {
    return this.#watchers.add(requestId, wake);
  }

  async health(): Promise<StateHealth> {
    return { status: "ok", backedBy: "process", problems: [], details: { requests: this.#approvals.size } };
  }

  async close(): Promise<void> {
    this.#watchers.clear();
  }
}
