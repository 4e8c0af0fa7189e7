import { invalidArgument, isStorageError, type StorageError } from "../../errors.js";
import { CallerAbort } from "../../support/abort.js";
import { describeShape } from "../../support/describe.js";
import { uuidV7 } from "../../support/ids.js";
import { checkKeys, checkObject, checkText } from "../../support/input.js";
import type { Page, PageRequest } from "../../support/page.js";
import { closedError } from "../guard.js";
import type { StateHealth } from "../health.js";
import { Waker } from "../waker.js";
import type { Approval, NewApproval } from "./approval.js";
import { claimed, decided, isSameRequest, released, settled } from "./changes.js";
import { approvalErrors } from "./errors.js";
import { approvalCursor, normalizeApprovalFilter, normalizeApprovalPage } from "./filter.js";
import {
  checkClaim,
  checkDecision,
  normalizeNewApproval,
  parseRelease,
  type ResolvedApprovalDefaults,
} from "./normalize.js";
import type { ApprovalFilter, ApprovalQueue, ClaimOptions, DecideOptions } from "./queue.js";
import { isUnsettled, type StoredApproval, toApproval } from "./stored.js";
import type { ApprovalTable } from "./table.js";

const PURGE_EVERY_MS = 60_000;
const PURGE_ROWS = 1000;
/** How many of the oldest requests `claimNext` tries to claim before it lists them again. */
const CANDIDATES = 20;

/**
 * Implements the rules of {@link ApprovalQueue} once for all stores, on top of the few operations that a store
 * provides.
 */
export class TableApprovalQueue implements ApprovalQueue {
  readonly #closing = new AbortController();
  #purgedAt = Number.NEGATIVE_INFINITY;

  /** @param classify turns errors of the table into a {@link StorageError} */
  constructor(
    private readonly table: ApprovalTable,
    private readonly defaults: ResolvedApprovalDefaults,
    private readonly classify?: ((error: unknown) => StorageError) | undefined,
  ) {}

  async submit(approval: NewApproval): Promise<Approval> {
    const { requestId, content, expiresInMs } = normalizeNewApproval(approval, this.defaults);
    const now = await this.table.now();
    await this.#purge(now);
    const submitted: StoredApproval = {
      requestId: requestId ?? uuidV7(now),
      ...content,
      submittedAt: now,
      expiresAt: now + expiresInMs,
      claimedBy: null,
      claimExpiresAt: null,
      verdict: null,
      decidedBy: null,
      reason: null,
      decidedAt: null,
      revision: 1,
    };
    const stored = await this.table.insert(submitted);
    if (!isSameRequest(stored, submitted)) throw approvalErrors.otherRequest();
    return this.#settle(stored, now);
  }

  async claim(requestId: string, options: ClaimOptions): Promise<Approval> {
    const { approver, leaseMs } = checkClaim(options, this.defaults.leaseMs);
    return this.#change(requestId, (stored, now) => claimed(stored, approver, leaseMs, now));
  }

  async claimNext(options: ClaimOptions, filter?: Omit<ApprovalFilter, "state">): Promise<Approval | undefined> {
    checkClaim(options, this.defaults.leaseMs);
    const wanted = normalizeApprovalFilter({ ...filter }, ["agentId", "teamId"]);
    const pending = [{ field: "state" as const, values: ["pending"] }, ...wanted];
    for (;;) {
      const found = await this.table.list(pending, undefined, CANDIDATES, await this.table.now());
      if (found.length === 0) return undefined;
      for (const { requestId } of found) {
        try {
          return await this.claim(requestId, options);
        } catch (error) {
          // Another approver was faster, or the request expired or was purged; try the next one.
          if (!isStorageError(error, "conflict") && !isStorageError(error, "not_found")) throw error;
        }
      }
    }
  }

  async release(requestId: string, options: { readonly approver: string }): Promise<Approval> {
    const approver = parseRelease(options);
    return this.#change(requestId, (stored, now) => released(stored, approver, now));
  }

  async decide(requestId: string, options: DecideOptions): Promise<Approval> {
    const decision = checkDecision(options);
    return this.#change(requestId, (stored, now) => decided(stored, decision, now));
  }

  async get(requestId: string): Promise<Approval | undefined> {
    const [stored, now] = await Promise.all([this.table.find(checkText("requestId", requestId)), this.table.now()]);
    return stored === undefined ? undefined : this.#settle(stored, now);
  }

  async list(filter?: ApprovalFilter, page?: PageRequest): Promise<Page<Approval>> {
    const wanted = normalizeApprovalFilter(filter);
    const { limit, after } = normalizeApprovalPage(wanted, page);
    const now = await this.table.now();
    const found = await this.table.list(wanted, after, limit + 1, now);
    const items = found.slice(0, limit);
    const approvals = items.map((stored) => toApproval(stored, now));
    const last = items.at(-1);
    if (found.length <= limit || last === undefined) return { items: approvals };
    return { items: approvals, next: approvalCursor(wanted, last) };
  }

  async wait(requestId: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Approval> {
    checkText("requestId", requestId);
    const signal = checkWait(options);
    const waker = new Waker();
    const wake = (): void => waker.wake();
    const unwatch = this.table.watch?.(requestId, wake);
    signal?.addEventListener("abort", wake);
    this.#closing.signal.addEventListener("abort", wake);
    try {
      for (;;) {
        if (signal?.aborted === true) throw new CallerAbort(signal.reason);
        if (this.#closing.signal.aborted) throw closedError();
        const approval = await this.#look(requestId);
        if (approval?.decision !== undefined) return approval;
        await waker.sleep(this.#pauseBefore(approval));
      }
    } finally {
      unwatch?.();
      signal?.removeEventListener("abort", wake);
      this.#closing.signal.removeEventListener("abort", wake);
    }
  }

  async health(): Promise<StateHealth> {
    return this.table.health();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.table.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The request as a `wait` sees it; `undefined` while the store is unavailable. */
  async #look(requestId: string): Promise<Approval | undefined> {
    try {
      const approval = await this.get(requestId);
      if (approval === undefined) throw approvalErrors.notFound();
      return approval;
    } catch (error) {
      if (this.#coded(error)?.retryable === true) return undefined;
      throw error;
    }
  }

  #coded(error: unknown): StorageError | undefined {
    return isStorageError(error) ? error : this.classify?.(error);
  }

  #pauseBefore(approval: Approval | undefined): number {
    if (approval === undefined) return this.defaults.pollMs;
    // Clocks of other processes may differ from ours, so the remaining time only decides when to look again.
    const left = Math.max(1, approval.expiresAt.getTime() - Date.now());
    return Math.min(this.defaults.pollMs, left);
  }

  async #change(requestId: string, change: (stored: StoredApproval, now: number) => StoredApproval): Promise<Approval> {
    let at = 0;
    const stored = await this.table.replace(checkText("requestId", requestId), (current, now) => {
      if (current === undefined) throw approvalErrors.notFound();
      at = now;
      return change(current, now);
    });
    return toApproval(stored, at);
  }

  /**
   * Records the decision of an expired request before reporting it, so that a reported decision stays, whatever a
   * concurrent decision or another clock would make of it.
   */
  async #settle(stored: StoredApproval, now: number): Promise<Approval> {
    if (!isUnsettled(stored, now)) return toApproval(stored, now);
    try {
      const written = await this.table.replace(stored.requestId, (current) => {
        if (current === undefined) throw approvalErrors.notFound();
        return settled(current, now);
      });
      return toApproval(written, now);
    } catch (error) {
      // A read-only user sees the same state as in a list.
      if (this.#coded(error)?.code === "permission_denied") return toApproval(stored, now);
      throw error;
    }
  }

  async #purge(now: number): Promise<void> {
    if (now - this.#purgedAt < PURGE_EVERY_MS) return;
    this.#purgedAt = now;
    await this.table.purge(now - this.defaults.retainMs, PURGE_ROWS);
  }
}

function checkWait(options: { readonly signal?: AbortSignal | undefined }): AbortSignal | undefined {
  checkObject("options", options);
  checkKeys("options", options, ["signal"]);
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument("options.signal", `must be an AbortSignal, got ${describeShape(signal)}`);
  }
  return signal;
}
