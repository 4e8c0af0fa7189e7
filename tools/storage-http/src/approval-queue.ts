import { type OneOrMany, type Page, type PageRequest, StorageError } from "@agent-assembly/storage-core";
import {
  anySignal,
  checkKeys,
  checkObject,
  describeShape,
  invalidArgument,
  parseChoice,
  parseText,
  parseTexts,
} from "@agent-assembly/storage-core/backend";
import type {
  Approval,
  ApprovalFilter,
  ApprovalQueue,
  ClaimedApproval,
  ClaimOptions,
  DecidedApproval,
  DecideOptions,
  NewApproval,
  PendingApproval,
  StateHealth,
} from "@agent-assembly/storage-core/state";
import { type HttpClient, sendable, step } from "./http-client.js";
import { setPage } from "./page-query.js";

/** Milliseconds that one request of a wait lasts. */
const POLL_MS = 10_000;
const STATES = ["pending", "claimed", "approved", "denied"] as const;
const FILTER_KEYS = ["state", "agentId", "teamId"] as const;

/** The approvals behind a gateway. */
export class HttpApprovalQueue implements ApprovalQueue {
  readonly #closing = new AbortController();

  constructor(private readonly client: HttpClient) {}

  async submit(approval: NewApproval): Promise<Approval> {
    this.#refuseClosed();
    checkObject("approval", approval);
    sendable("approval.request", approval.request);
    return toApproval(await this.client.json("POST", "/approvals", { json: approval, argument: "approval" }));
  }

  async claim(requestId: string, options: ClaimOptions): Promise<ClaimedApproval> {
    const { approver, ...json } = named(options, ["leaseMs"]);
    return this.#act(requestId, "claim", approver, json);
  }

  async claimNext(
    options: ClaimOptions,
    filter: Omit<ApprovalFilter, "state"> = {},
  ): Promise<ClaimedApproval | undefined> {
    this.#refuseClosed();
    const { approver, ...lease } = named(options, ["leaseMs"]);
    checkObject("filter", filter);
    checkKeys("filter", filter, ["agentId", "teamId"]);
    const lists = Object.entries(filter).filter(([, value]) => value !== undefined);
    const parsed = lists.map(([name, value]) => [name, parseTexts(`filter.${name}`, value)] as const);
    if (parsed.some(([, values]) => values.length === 0)) return undefined;
    const json = { ...lease, ...Object.fromEntries(parsed) };
    const request = { json, actor: approver, argument: "options" };
    const response = await this.client.request("POST", "/approvals/claim-next", request);
    return response.status === 204 ? undefined : toApproval((await response.json()) as ClaimedApproval);
  }

  async release(requestId: string, options: { readonly approver: string }): Promise<PendingApproval> {
    return this.#act(requestId, "release", named(options, []).approver, undefined);
  }

  async decide(requestId: string, options: DecideOptions): Promise<DecidedApproval> {
    const { approver, ...json } = named(options, ["verdict", "digest", "reason"]);
    return this.#act(requestId, "decide", approver, json);
  }

  async get(requestId: string): Promise<Approval | undefined> {
    this.#refuseClosed();
    const found = await this.client.find<Approval>(pathOf(requestId));
    return found === undefined ? undefined : toApproval(found);
  }

  async list(filter: ApprovalFilter = {}, page: PageRequest = {}): Promise<Page<Approval>> {
    this.#refuseClosed();
    checkObject("filter", filter);
    checkKeys("filter", filter, FILTER_KEYS);
    const query = new URLSearchParams();
    let isNothing = false;
    for (const name of FILTER_KEYS) {
      const asked: OneOrMany<string> | undefined = filter[name];
      if (asked === undefined) continue;
      const values = parseTexts(`filter.${name}`, asked);
      isNothing ||= values.length === 0;
      if (name === "state") for (const value of values) parseChoice("filter.state", value, STATES);
      for (const value of values) query.append(name, value);
    }
    setPage(query, page);
    if (isNothing) return { items: [] };
    const { items, next } = await this.client.json<Page<Approval>>("GET", "/approvals", { query, argument: "page" });
    return { items: items.map(toApproval), ...(next !== undefined && { next }) };
  }

  async wait(
    requestId: string,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<DecidedApproval> {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidArgument("options.signal", `must be an AbortSignal, got ${describeShape(signal)}`);
    }
    const path = `${pathOf(requestId)}/wait`;
    const query = new URLSearchParams({ timeoutMs: String(POLL_MS) });
    const ends = signal === undefined ? this.#closing.signal : anySignal([this.#closing.signal, signal]);
    for (;;) {
      this.#refuseClosed();
      signal?.throwIfAborted();
      try {
        const approval = toApproval(await this.client.json<Approval>("GET", path, { query, signal: ends }));
        if ("decision" in approval) return approval;
      } catch (error) {
        this.#refuseClosed();
        signal?.throwIfAborted();
        if ((error as StorageError).retryable !== true) throw error;
      }
    }
  }

  async health(): Promise<StateHealth> {
    this.#refuseClosed();
    return { status: "ok", backedBy: "gateway", problems: [], details: {} };
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #act<T extends Approval>(requestId: string, verb: string, actor: string, json: object | undefined): Promise<T> {
    this.#refuseClosed();
    const request = { actor, json, argument: "options" };
    return toApproval(await this.client.json<T>("POST", `${pathOf(requestId)}/${verb}`, request));
  }

  #refuseClosed(): void {
    if (!this.#closing.signal.aborted) return;
    throw new StorageError({ code: "closed", message: "the approvals are closed", remedy: "Open them again." });
  }
}

/** Options with an approver; the approver is the name under which the request is made. */
function named<T extends { readonly approver: string }>(options: T, others: readonly string[]): T {
  checkObject("options", options);
  checkKeys("options", options, ["approver", ...others]);
  parseText("options.approver", options.approver);
  return options;
}

function pathOf(requestId: string): string {
  return `/approvals/${step(parseText("requestId", requestId))}`;
}

function toApproval<T extends Approval>(sent: T): T {
  const decision = "decision" in sent ? { ...sent.decision, at: new Date(sent.decision.at) } : undefined;
  const claim = "claim" in sent ? { ...sent.claim, expiresAt: new Date(sent.claim.expiresAt) } : undefined;
  return {
    ...sent,
    submittedAt: new Date(sent.submittedAt),
    expiresAt: new Date(sent.expiresAt),
    ...(decision !== undefined && { decision }),
    ...(claim !== undefined && { claim }),
  };
}
