import { randomUUID } from "node:crypto";
import {
  logKeys,
  type NoteVerifier,
  parseReceipt,
  parseVerifierKey,
  RECORDED_FINDINGS,
  recordVerification,
  type StoreVerification,
  storeVerdict,
  VERIFICATION_ALIVE_MS,
  type VerificationRecord,
  verificationRecords,
  verifyStore,
} from "@agent-assembly/evidence";
import { anySignal, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import type { GatewayContext } from "../../context.js";
import { problem, problemOf } from "../../http/problem.js";
import { type LogAccess, logOf } from "./tiles.js";

/** Verifications that an answer lists. */
export const MOST_VERIFICATIONS = 20;

/** What is verified. */
export interface VerificationRequest {
  readonly actor: string;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Verifier keys of the log. @default those that it names itself */
  readonly keys?: readonly NoteVerifier[] | undefined;
}

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/**
 * The verifications of a store, of which this gateway runs one at a time. The store keeps what they come to, for other gateways too;
 * where it refuses to, this gateway remembers its own until it ends.
 */
export class Verifications {
  /** Those of this gateway, the newest first. */
  readonly #own: VerificationRecord[] = [];
  #running: Running | undefined;
  #isStarting = false;
  #keeping: Promise<void> | undefined;

  constructor(private readonly context: Pick<GatewayContext, "storage" | "now" | "closing" | "onError">) {}

  async list(): Promise<readonly VerificationRecord[]> {
    const { storage } = this.context;
    const kept = storage.evidenceSupport === undefined ? [] : await verificationRecords(storage, MOST_VERIFICATIONS);
    const own = new Set(this.#own.map(({ id }) => id));
    return [...this.#own, ...kept.filter(({ id }) => !own.has(id))]
      .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
      .slice(0, MOST_VERIFICATIONS);
  }

  /** @throws ProblemError 404 */
  async get(id: string): Promise<VerificationRecord> {
    const found = this.#ownOf(id) ?? (await this.#keptOf(id));
    if (found !== undefined) return found;
    throw problem("not_found", "there is no such verification");
  }

  /** @throws ProblemError 404, 501 where there is nothing to verify; 409 while another one runs */
  async start(request: VerificationRequest): Promise<VerificationRecord> {
    this.#requireFree();
    this.#isStarting = true;
    try {
      const access = await logOf(this.context.storage);
      const [newest] = await verificationRecords(this.context.storage, 1);
      if (newest?.state === "running") throw alreadyRuns(newest.id);
      return await this.#begin(access, request);
    } finally {
      this.#isStarting = false;
    }
  }

  /** Ends a verification that runs here; of one that has ended, nothing changes. @throws ProblemError 404; 409 for one that runs elsewhere */
  async cancel(id: string): Promise<VerificationRecord> {
    if (this.#running?.id === id) {
      const { abort, ended } = this.#running;
      abort.abort();
      await ended;
    }
    const found = await this.get(id);
    if (found.state !== "running") return found;
    throw problem("conflict", "the verification runs in another process", {
      remedy: "Wait for its end, or end it where it was begun.",
    });
  }

  #requireFree(): void {
    const id = this.#running?.id;
    if (id !== undefined || this.#isStarting) throw alreadyRuns(id);
  }

  async #begin(access: LogAccess, { actor, from, to, keys }: VerificationRequest): Promise<VerificationRecord> {
    const { storage, now, closing } = this.context;
    const { support, log } = access;
    const receipts = await newestReceipts(access);
    const id = randomUUID();
    const begun: VerificationRecord = {
      id,
      actor,
      state: "running",
      from,
      to,
      startedAt: new Date(now()),
      log: log.log,
      origin: log.origin,
      progress: { leaves: 0, of: log.size },
      verdict: null,
      findingCount: 0,
      findings: [],
      unchecked: [],
      keysFromLog: keys === undefined,
      notAsked: receipts.map(({ source }) => source),
    };
    this.#own.unshift(begun);
    this.#own.splice(MOST_VERIFICATIONS);
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
    const end = async (): Promise<void> => {
      const alive = setInterval(() => void this.#keep(id), VERIFICATION_ALIVE_MS).unref();
      await this.#keep(id);
      await verify().catch((error: unknown) => this.#fail(id, error, signal));
      clearInterval(alive);
      await this.#keeping;
      const endedAt = new Date(now());
      // Kept before anything here says that it has ended.
      await this.#keep(id, { endedAt });
      this.#change(id, { endedAt });
      this.#running = undefined;
    };
    this.#running = { id, abort, ended: end() };
    return begun;
  }

  /** Has the store keep what is known of one. Never rejects. */
  #keep(id: string, more: Partial<VerificationRecord> = {}): Promise<void> {
    const { storage, onError, closing } = this.context;
    const record = this.#ownOf(id);
    if (record === undefined || this.#keeping !== undefined) return this.#keeping ?? Promise.resolve();
    this.#keeping = recordVerification(storage, { ...record, ...more })
      .catch((error: unknown) => {
        // It is still known here; the store may be closed before the gateway.
        if (!closing.aborted) onError?.(error);
      })
      .finally(() => {
        this.#keeping = undefined;
      });
    return this.#keeping;
  }

  /** What keeps a verification from its end says nothing of the evidence: that is a verdict, and no pass. */
  #fail(id: string, error: unknown, signal: AbortSignal): void {
    const { leaves, of } = this.#ownOf(id)?.progress ?? { leaves: 0, of: 0 };
    const isCancelled = signal.aborted;
    const why = this.context.closing.aborted
      ? "the gateway closed"
      : isCancelled
        ? "cancelled"
        : problemOf(error).detail;
    const state = isCancelled ? "cancelled" : "ended";
    this.#change(id, { state, verdict: "unchecked", unchecked: [`${why}, after ${leaves} of ${of} leaves`] });
  }

  #ownOf(id: string): VerificationRecord | undefined {
    return this.#own.find((one) => one.id === id);
  }

  async #keptOf(id: string): Promise<VerificationRecord | undefined> {
    const { storage } = this.context;
    return storage.evidenceSupport === undefined ? undefined : (await verificationRecords(storage, 1, id))[0];
  }

  #change(id: string, changes: Partial<VerificationRecord>): void {
    const at = this.#own.findIndex((one) => one.id === id);
    const known = this.#own[at];
    if (known !== undefined) this.#own[at] = { ...known, ...changes };
  }
}

function alreadyRuns(id: string | undefined) {
  return problem("conflict", `another verification runs${id === undefined ? "" : `: ${id}`}`, {
    retryable: true,
    remedy: "Wait for its end, or cancel it.",
    ...(id !== undefined && { extensions: { running: id } }),
  });
}

function resultOf(report: StoreVerification, unsigned: readonly string[]): Partial<VerificationRecord> {
  const { leaves, passed, events, dropped, erased, uncompared, findings } = report;
  const missing = uncompared === 0 ? [] : [`${uncompared} events could not be compared: their salts or tiles are gone`];
  return {
    verdict: storeVerdict(report, unsigned),
    counts: { leaves, passed, events, dropped, erased, uncompared },
    progress: { leaves, of: leaves },
    findingCount: findings.length,
    findings: findings.slice(0, RECORDED_FINDINGS),
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
