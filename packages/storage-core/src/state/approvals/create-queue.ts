import { invalidArgument, isStorageError, type StorageError } from "../../errors.js";
import type { RecordChange } from "../../governance/record-change.js";
import { CallerAbort } from "../../support/abort.js";
import { describeShape } from "../../support/describe.js";
import { uuidV7 } from "../../support/ids.js";
import { checkKeys, checkObject, parseText } from "../../support/input.js";
import type { Page, PageRequest } from "../../support/page.js";
import { Waker } from "../../time/waker.js";
import type { TokenKeys } from "../../tokens/keys.js";
import { closedError } from "../guard.js";
import type { StateHealth } from "../health.js";
import { claimed, decided, isSameRequest, released, settled } from "./changes.js";
import type { ApprovalChange, ApprovalDriver } from "./driver.js";
import { approvalErrors } from "./errors.js";
import { approvalCursor, parseApprovalFilter, parseApprovalPage } from "./filter.js";
import { parseClaim, parseDecision, parseNewApproval, parseRelease, type ResolvedApprovalDefaults } from "./parse.js";
import type { ApprovalFilter, ApprovalQueue, ClaimOptions, DecideOptions } from "./queue.js";
import type { Approval, ClaimedApproval, DecidedApproval, NewApproval, PendingApproval } from "./record.js";
import { recordDecision, submissionEvent, unrecorded } from "./recorded.js";
import { type ApprovalRow, approvalsAt, isUnsettled, toApproval } from "./row.js";

const PURGE_EVERY_MS = 60_000;
const PURGE_ROWS = 1000;
/** How many of the oldest requests `claimNext` tries to claim before it lists them again. */
const CANDIDATES = 20;
/** How often a call starts over when other processes change what it works on: a store that contradicts itself has no end. */
const MAX_ROUNDS = 100;

/**
 * Implements the rules of {@link ApprovalQueue} once for all stores, on top of the few operations that a store
 * provides.
 */
export class DriverApprovalQueue implements ApprovalQueue {
  readonly #closing = new AbortController();
  #purgedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param classify turns errors of the driver into a {@link StorageError}
   * @param tokenKeys sign the cursors of lists
   */
  constructor(
    private readonly driver: ApprovalDriver,
    private readonly defaults: ResolvedApprovalDefaults,
    private readonly classify?: ((error: unknown) => StorageError) | undefined,
    private readonly tokenKeys?: TokenKeys | undefined,
  ) {}

  async submit(approval: NewApproval): Promise<Approval> {
    const { requestId, content, expiresInMs } = parseNewApproval(approval, this.defaults);
    const now = await this.driver.now();
    await this.#purge(now);
    const submitted: ApprovalRow = {
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
    const stored = await this.#insert(submitted);
    if (!isSameRequest(stored, submitted)) throw approvalErrors.otherRequest();
    return this.#settle(stored, now);
  }

  async claim(requestId: string, options: ClaimOptions): Promise<ClaimedApproval> {
    const { approver, leaseMs } = parseClaim(options, this.defaults.leaseMs);
    return this.#change<ClaimedApproval>(
      requestId,
      (stored, now) => claimed(stored, approver, leaseMs, now),
      unrecorded,
    );
  }

  async claimNext(options: ClaimOptions, filter?: Omit<ApprovalFilter, "state">): Promise<ClaimedApproval | undefined> {
    parseClaim(options, this.defaults.leaseMs);
    const wanted = parseApprovalFilter({ ...filter }, ["agentId", "teamId"]);
    const pending = [{ field: "state" as const, values: ["pending"] }, ...wanted];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const found = await this.driver.list(pending, undefined, CANDIDATES, await this.driver.now());
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
    throw approvalErrors.contended(MAX_ROUNDS);
  }

  async release(requestId: string, options: { readonly approver: string }): Promise<PendingApproval> {
    const approver = parseRelease(options);
    return this.#change<PendingApproval>(requestId, (stored, now) => released(stored, approver, now), unrecorded);
  }

  async decide(requestId: string, options: DecideOptions): Promise<DecidedApproval> {
    const decision = parseDecision(options);
    return this.#change<DecidedApproval>(requestId, (stored, now) => decided(stored, decision, now), recordDecision);
  }

  async get(requestId: string): Promise<Approval | undefined> {
    const [stored, now] = await Promise.all([this.driver.find(parseText("requestId", requestId)), this.driver.now()]);
    return stored === undefined ? undefined : this.#settle(stored, now);
  }

  async list(filter?: ApprovalFilter, page?: PageRequest): Promise<Page<Approval>> {
    const wanted = parseApprovalFilter(filter);
    const { limit, after } = parseApprovalPage(wanted, page, this.tokenKeys);
    const now = await this.driver.now();
    const found = await this.driver.list(wanted, after, limit + 1, now);
    const items = found.slice(0, limit);
    const approvals = items.map(approvalsAt(now));
    const last = items.at(-1);
    if (found.length <= limit || last === undefined) return { items: approvals };
    return { items: approvals, next: approvalCursor(wanted, last, this.tokenKeys) };
  }

  async wait(requestId: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<DecidedApproval> {
    parseText("requestId", requestId);
    const signal = checkWait(options);
    const waker = new Waker();
    const wake = (): void => waker.wake();
    const unwatch = this.driver.watch?.(requestId, wake);
    signal?.addEventListener("abort", wake);
    this.#closing.signal.addEventListener("abort", wake);
    try {
      for (;;) {
        if (signal?.aborted === true) throw new CallerAbort(signal.reason);
        if (this.#closing.signal.aborted) throw closedError();
        const approval = await this.#look(requestId);
        if (approval !== undefined && isDecided(approval)) return approval;
        await waker.sleep(this.#pauseBefore(approval));
      }
    } finally {
      unwatch?.();
      signal?.removeEventListener("abort", wake);
      this.#closing.signal.removeEventListener("abort", wake);
    }
  }

  async health(): Promise<StateHealth> {
    return this.driver.health();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.driver.close();
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

  /** @returns what is stored under its id afterwards. Repeated when the stored request was removed before it was read. */
  async #insert(submitted: ApprovalRow): Promise<ApprovalRow> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (await this.driver.insert(submitted, submissionEvent(submitted))) return submitted;
      const stored = await this.driver.find(submitted.requestId);
      if (stored !== undefined) return stored;
    }
    throw approvalErrors.contended(MAX_ROUNDS);
  }

  /** @typeParam A what a request is after the change */
  async #change<A extends Approval>(
    requestId: string,
    change: ApprovalChange,
    record: RecordChange<ApprovalRow>,
  ): Promise<A> {
    let at = 0;
    const stored = await this.driver.replace(
      parseText("requestId", requestId),
      (current, now) => {
        at = now;
        return change(current, now);
      },
      record,
    );
    if (stored === undefined) throw approvalErrors.notFound();
    return toApproval(stored, at) as A;
  }

  /**
   * Records the decision of an expired request before reporting it, so that a reported decision stays, whatever a
   * concurrent decision or another clock would make of it.
   */
  async #settle(stored: ApprovalRow, now: number): Promise<Approval> {
    if (!isUnsettled(stored, now)) return toApproval(stored, now);
    try {
      const written = await this.driver.replace(stored.requestId, (current) => settled(current, now), recordDecision);
      if (written === undefined) throw approvalErrors.notFound();
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
    // What expired unseen is recorded before it may go.
    for (const { requestId } of await this.driver.expired(now, PURGE_ROWS)) {
      await this.driver.replace(requestId, (current) => settled(current, now), recordDecision);
    }
    await this.driver.purge(now - this.defaults.retainMs, PURGE_ROWS);
  }
}

function isDecided(approval: Approval): approval is DecidedApproval {
  return "decision" in approval;
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
