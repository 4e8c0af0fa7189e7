import { randomUUID } from "node:crypto";
import {
  type Finding,
  logKeys,
  type NoteVerifier,
  parseReceipt,
  parseVerifierKey,
  type StoreVerdict,
  type StoreVerification,
  storeVerdict,
  verifyStore,
} from "@agent-assembly/evidence";
import { anySignal, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import type { GatewayContext } from "../../context.js";
import { problem, problemOf } from "../../http/problem.js";
import { type LogAccess, logOf } from "./tiles.js";

/** Verifications that are remembered, the running one among them. */
export const MOST_VERIFICATIONS = 20;
/** Findings that an answer lists. */
export const MOST_FINDINGS = 500;

/** What is verified. */
export interface VerificationRequest {
  readonly actor: string;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Verifier keys of the log. @default those that it names itself */
  readonly keys?: readonly NoteVerifier[] | undefined;
}

/** A verification, as the API shows it. */
export interface Verification {
  readonly id: string;
  readonly actor: string;
  readonly state: "running" | "ended" | "cancelled";
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly startedAt: Date;
  readonly endedAt?: Date | undefined;
  readonly origin: string;
  /** Leaves of the log that are done with. */
  readonly progress: { readonly leaves: number; readonly of: number };
  /** `null` while it runs. */
  readonly verdict: StoreVerdict | null;
  readonly counts?:
    | Pick<StoreVerification, "leaves" | "passed" | "events" | "dropped" | "erased" | "uncompared">
    | undefined;
  readonly findingCount: number;
  readonly findings: readonly Finding[];
  readonly unchecked: readonly string[];
  readonly keysFromLog: boolean;
  readonly notAsked: readonly string[];
}

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** The verifications of a gateway: one at a time, remembered until the gateway ends. */
export class Verifications {
  /** The newest first. */
  readonly #known: Verification[] = [];
  #running: Running | undefined;
  #isStarting = false;

  constructor(private readonly context: Pick<GatewayContext, "storage" | "now" | "closing">) {}

  list(): readonly Verification[] {
    return this.#known;
  }

  /** @throws ProblemError 404 */
  get(id: string): Verification {
    const found = this.#known.find((one) => one.id === id);
    if (found !== undefined) return found;
    throw problem("not_found", "there is no such verification", {
      remedy: `A gateway remembers its last ${MOST_VERIFICATIONS}, until it ends.`,
    });
  }

  /** @throws ProblemError 404, 501 where there is nothing to verify; 409 while another one runs */
  async start(request: VerificationRequest): Promise<Verification> {
    this.#requireFree();
    this.#isStarting = true;
    try {
      const access = await logOf(this.context.storage);
      return await this.#begin(access, request);
    } finally {
      this.#isStarting = false;
    }
  }

  /** Ends a verification that runs; of one that has ended, nothing changes. @throws ProblemError 404 */
  async cancel(id: string): Promise<Verification> {
    this.get(id);
    if (this.#running?.id === id) {
      const { abort, ended } = this.#running;
      abort.abort();
      await ended;
    }
    return this.get(id);
  }

  #requireFree(): void {
    const id = this.#running?.id;
    if (id === undefined && !this.#isStarting) return;
    throw problem("conflict", `another verification runs${id === undefined ? "" : `: ${id}`}`, {
      retryable: true,
      remedy: "Wait for its end, or cancel it.",
      ...(id !== undefined && { extensions: { running: id } }),
    });
  }

  async #begin(access: LogAccess, { actor, from, to, keys }: VerificationRequest): Promise<Verification> {
    const { storage, now, closing } = this.context;
    const { support, log } = access;
    const receipts = await newestReceipts(access);
    const id = randomUUID();
    const begun: Verification = {
      id,
      actor,
      state: "running",
      from,
      to,
      startedAt: new Date(now()),
      origin: log.origin,
      progress: { leaves: 0, of: log.size },
      verdict: null,
      findingCount: 0,
      findings: [],
      unchecked: [],
      keysFromLog: keys === undefined,
      notAsked: receipts.map(({ source }) => source),
    };
    this.#known.unshift(begun);
    this.#known.splice(MOST_VERIFICATIONS);
    const abort = new AbortController();
    const signal = anySignal([abort.signal, closing]);
    const verify = async (): Promise<void> => {
      const used = keys ?? (await logKeys(support, log)).map(({ vkey }) => parseVerifierKey(vkey));
      const report = await verifyStore(storage, {
        keys: used.length === 0 ? undefined : used,
        log: log.log,
        kept: receipts,
        from,
        to,
        signal,
        onProgress: (leaves, of) => this.#change(id, { progress: { leaves, of } }),
      });
      const unsigned = used.length === 0 ? ["signatures: the log names no key, and none was given"] : [];
      this.#change(id, { state: "ended", ...resultOf(report, unsigned) });
    };
    const ended = verify().catch((error: unknown) => this.#fail(id, error, signal));
    const end = ended.then(() => {
      this.#change(id, { endedAt: new Date(now()) });
      this.#running = undefined;
    });
    this.#running = { id, abort, ended: end };
    return begun;
  }

  /** What keeps a verification from its end says nothing of the evidence: that is a verdict, and no pass. */
  #fail(id: string, error: unknown, signal: AbortSignal): void {
    const { leaves, of } = this.get(id).progress;
    const isCancelled = signal.aborted;
    const why = this.context.closing.aborted
      ? "the gateway closed"
      : isCancelled
        ? "cancelled"
        : problemOf(error).detail;
    const state = isCancelled ? "cancelled" : "ended";
    this.#change(id, { state, verdict: "unchecked", unchecked: [`${why}, after ${leaves} of ${of} leaves`] });
  }

  #change(id: string, changes: Partial<Verification>): void {
    const at = this.#known.findIndex((one) => one.id === id);
    const known = this.#known[at];
    if (known !== undefined) this.#known[at] = { ...known, ...changes };
  }
}

function resultOf(report: StoreVerification, unsigned: readonly string[]): Partial<Verification> {
  const { leaves, passed, events, dropped, erased, uncompared, findings } = report;
  const missing = uncompared === 0 ? [] : [`${uncompared} events could not be compared: their salts or tiles are gone`];
  return {
    verdict: storeVerdict(report, unsigned),
    counts: { leaves, passed, events, dropped, erased, uncompared },
    progress: { leaves, of: leaves },
    findingCount: findings.length,
    findings: findings.slice(0, MOST_FINDINGS),
    unchecked: [...unsigned, ...missing],
  };
}

/** What the store has of each anchor: the checkpoint that was brought there last. The anchor itself is not asked. */
async function newestReceipts({ support, log }: LogAccess): Promise<{ source: string; note: string }[]> {
  const newest = new Map<string, { source: string; note: string }>();
  for (const { kind, target, receipt } of await support.anchors(MAX_EVIDENCE_LIMIT, log.log)) {
    const source = `${kind} ${target}`;
    const parsed = newest.has(source) ? undefined : parseReceipt(Buffer.from(receipt).toString());
    if (parsed !== undefined) newest.set(source, { source, note: parsed.checkpoint });
  }
  return [...newest.values()];
}
