import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import {
  type ChangeContext,
  type Clock,
  isStorageError,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type EvidenceSupport,
  invalidArgument,
  MAX_EVIDENCE_LIMIT,
  systemClock,
} from "@agent-assembly/storage-core/backend";
import type { Statement } from "../leaf/entry.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { type KeyPairSigner, keyNameProblem, type NoteSigner } from "../note/key.js";
import { stateRestored } from "../stored/state-restored.js";
import { beginLog } from "./begin-log.js";
import type { KnownCheckpoint } from "./known.js";
import { LogWriter } from "./log-writer.js";
import { AnchorFailure, LogSigner, type SignOptions } from "./sign.js";

/** Options of {@link createSealer}. */
export interface SealerOptions extends SignOptions {
  /** Signs checkpoints, by the name of the log. @default none: events are sealed and nothing is signed */
  readonly key?: NoteSigner | KeyPairSigner | undefined;
  /** Name of the log that `init` begins. @default the name of the key */
  readonly origin?: string | undefined;
  /** States of the log that are known from elsewhere, such as anchors; asked before anything is signed. @default none */
  readonly known?: (() => Promise<readonly KnownCheckpoint[]>) | undefined;
  /**
   * Told of each checkpoint once it is stored, such as to bring it to anchors. Where it fails, the checkpoint stays, and is told again
   * with the next one at the latest.
   * @default nothing is told
   */
  readonly onCheckpoint?: ((checkpoint: { readonly size: number; readonly note: string }) => Promise<void>) | undefined;
  /**
   * Told by `run` that `known` or `onCheckpoint` failed; it continues to seal, and tries to sign again with the next checkpoint.
   * @default such a failure ends `run`, if it does not pass
   */
  readonly onProblem?: ((problem: StorageError) => void | Promise<void>) | undefined;
  /**
   * Milliseconds after which an event that waits to be sealed is a gap, which is stated in the log. Up to half of it `run` yields to
   * appends, the less the longer the lag is.
   * @default 60,000
   */
  readonly maxLagMs?: number | undefined;
  /** Milliseconds from one checkpoint of `run` to the next. @default 60,000 */
  readonly checkpointMs?: number | undefined;
  /** Milliseconds from one look for events to the next, when none are left. @default 1,000 */
  readonly pollMs?: number | undefined;
  /** Milliseconds after which another sealer takes over from one that died. @default 30,000 */
  readonly leaseMs?: number | undefined;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** What one call of `sealOnce` did. */
export interface SealReport {
  /** False where another sealer is at work, which does it. */
  readonly sealed: boolean;
  /** Events that were sealed. */
  readonly events: number;
  /** Leaves of the log now. */
  readonly size: number;
  /** Size of the checkpoint that was signed; absent where none was. */
  readonly checkpoint?: number;
}

/** Seals the events of a store. */
export interface Sealer {
  /**
   * Begins the log of the store; the events that are there are sealed first, in the order of their commits.
   * @param by recorded in the governance event of it
   * @returns false where there is one already
   */
  init(by?: ChangeContext): Promise<boolean>;
  /** Seals until no settled event is left, and signs a checkpoint. @throws `SealingRefusal`; `not_found` without a log */
  sealOnce(options?: { readonly signal?: AbortSignal | undefined }): Promise<SealReport>;
  /**
   * Seals what was committed before the call, and signs nothing. Does not wait for another sealer at work, which rests most of the time:
   * where both seal the same events at once, one of them begins anew.
   * @throws `SealingRefusal`; `not_found` without a log; `busy` where others are ahead again and again
   */
  sealSoFar(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Seals and signs until the signal aborts, beside other sealers: one of them works, and another takes over when it dies.
   * Continues after failures that pass.
   * @throws `SealingRefusal`, and other errors that do not pass
   */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /**
   * Appends a statement to the log. Events that are settled before it need not be sealed before it.
   * @param list what the statement has the digest of, as JSON text
   * @param record the governance event that records it, stored in the same transaction
   * @returns its leaf
   */
  appendStatement(statement: Statement, list?: string, record?: AuditEventRow): Promise<number>;
}

/** What one step sealed. */
interface SealedSlice {
  readonly events: number;
  readonly more: boolean;
  /** When the first of the events was recorded; now, where none was sealed. Milliseconds since the epoch. */
  readonly oldest: number;
}

const LEASE = "evidence";
const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_MAX_LAG_MS = 60_000;
/** Events between two turns of the event loop: some milliseconds of work. */
const AT_ONCE = 128;
/** A sealer continues a log again this often when another one was ahead of it. */
const MOST_TRIES = 20;
/**
 * Without lag a sealer rests this many times as long as it worked, so that appends have the processor and the disk; the longer the lag,
 * the less.
 */
const REST_FACTOR = 8;
/** Pause after a failure that passes, at least. */
const RETRY_MS = 1000;

/**
 * Makes a sealer of a store. Events become leaves in the order of their commits; what is not sealed yet is not protected.
 * @throws `unsupported` for a store that keeps no evidence
 * @example
 * ```ts
 * import { createSealer, generateSignerKey, parseSignerKey } from "@agent-assembly/evidence";
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * const key = parseSignerKey(generateSignerKey("example.com/audit").signerKey);
 * const sealer = createSealer(storage, { key });
 * await sealer.init();
 * await storage.audit.append([{ ts: new Date(), agentId: "agent-1", action: "tool_call", decision: "allow" }]);
 * console.log(await sealer.sealOnce());
 * ```
 */
export function createSealer(storage: StorageBackend, options: SealerOptions = {}): Sealer {
  return new StoreSealer(storage, evidenceOf(storage), options);
}

class StoreSealer implements Sealer {
  readonly #clock: Clock;
  readonly #signer: LogSigner;
  /** Continued as long as no other sealer is ahead of it. */
  #writer: LogWriter | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #signedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly storage: StorageBackend,
    private readonly support: EvidenceSupport,
    private readonly options: SealerOptions,
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#signer = new LogSigner(support, options, this.#clock);
  }

  async init(by?: ChangeContext): Promise<boolean> {
    const { key } = this.options;
    const origin = this.options.origin ?? key?.name;
    const problem = keyNameProblem(origin);
    if (origin === undefined || problem !== undefined) throw invalidArgument("options.origin", problem ?? "is missing");
    const vkey = key !== undefined && "verifierKey" in key ? key.verifierKey : undefined;
    return beginLog(this.support, { log: 1, origin, now: this.#clock(), vkey, change: "log.begun", by });
  }

  async sealOnce({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<SealReport> {
    const { leaseMs = DEFAULT_LEASE_MS } = this.options;
    const { size } = await requireLog(this.support);
    const lease = await this.storage.retentionSupport.lease(LEASE, leaseMs);
    if (lease === undefined) return { sealed: false, events: 0, size };
    try {
      let renewAt = performance.now() + leaseMs / 3;
      let events = 0;
      for (let more = true; more; ) {
        signal?.throwIfAborted();
        if (performance.now() > renewAt) {
          if (!(await lease.renew())) return { sealed: false, events, size: (await requireLog(this.support)).size };
          renewAt = performance.now() + leaseMs / 3;
        }
        const step = await this.#step();
        events += step.events;
        more = step.more;
      }
      const checkpoint = await this.#sign().catch(unwrap);
      const log = await requireLog(this.support);
      return { sealed: true, events, size: log.size, ...(checkpoint !== undefined && { checkpoint }) };
    } finally {
      await lease.release();
    }
  }

  async sealSoFar({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const began = this.#clock();
    for (let isLeft = true; isLeft; ) {
      signal?.throwIfAborted();
      const { events, more, oldest } = await this.#step();
      // What is behind an event in the order of commits was committed later than the event was recorded.
      isLeft = more && (events === 0 || oldest <= began);
    }
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { pollMs = 1000, leaseMs = DEFAULT_LEASE_MS } = this.options;
    await requireLog(this.support);
    while (!signal.aborted) {
      try {
        const lease = await this.storage.retentionSupport.lease(LEASE, leaseMs);
        if (lease === undefined) {
          await pause(Math.min(pollMs, leaseMs / 3), signal);
          continue;
        }
        try {
          await this.#work(lease, signal);
        } finally {
          await lease.release();
        }
      } catch (error) {
        this.#writer = undefined;
        if (!isStorageError(error) || !error.retryable) throw error;
        await pause(Math.max(RETRY_MS, pollMs), signal);
      }
    }
  }

  /** Works as long as the lease is held. */
  async #work(lease: { renew(): Promise<boolean> }, signal: AbortSignal): Promise<void> {
    const {
      pollMs = 1000,
      leaseMs = DEFAULT_LEASE_MS,
      checkpointMs = 60_000,
      maxLagMs = DEFAULT_MAX_LAG_MS,
    } = this.options;
    const longestRest = leaseMs / 3;
    let renewAt = performance.now() + longestRest;
    while (!signal.aborted) {
      if (performance.now() > renewAt) {
        if (!(await lease.renew())) return;
        renewAt = performance.now() + longestRest;
      }
      const begun = performance.now();
      const { more, oldest } = await this.#step();
      const worked = performance.now() - begun;
      if (performance.now() - this.#signedAt >= checkpointMs) await this.#sign().catch((error) => this.#tell(error));
      const patience = 1 - (this.#clock() - oldest) / (maxLagMs / 2);
      if (!more) await pause(Math.min(pollMs, longestRest), signal);
      else if (patience > 0) await pause(Math.min(worked * REST_FACTOR * patience, longestRest), signal);
    }
  }

  /** @throws the failure, unless `onProblem` takes it */
  async #tell(error: unknown): Promise<void> {
    const { onProblem } = this.options;
    if (!(error instanceof AnchorFailure) || onProblem === undefined) return unwrap(error);
    this.#signedAt = performance.now();
    await onProblem(error.cause);
  }

  appendStatement(statement: Statement, list?: string, record?: AuditEventRow): Promise<number> {
    return this.#alone(() => this.#append(statement, list, record));
  }

  async #append(statement: Statement, list?: string, record?: AuditEventRow): Promise<number> {
    for (let tries = 1; ; tries++) {
      const writer = await this.#current();
      this.#writer = undefined;
      const { leaf } = writer.addStatement(statement, this.#clock(), list ?? null);
      if (await this.#commit(writer, { record })) return leaf;
      if (tries === MOST_TRIES) throw outrun();
    }
  }

  /** One after another: they continue the same writer. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Seals one slice, and closes what waits since an earlier hour. */
  #step(): Promise<SealedSlice> {
    return this.#alone(() => this.#sealSlice());
  }

  async #sealSlice(): Promise<SealedSlice> {
    for (let tries = 1; ; tries++) {
      const writer = await this.#current();
      const { log, size } = writer;
      const slice = await this.support.next(writer.position, writer.eventsOfWholeTiles(MAX_EVIDENCE_LIMIT));
      const { position, more } = slice;
      const restored = slice.restored.filter((row) => row.log === log);
      // The leaves that they have are of another log, which this one continues.
      const others = slice.restored.filter((row) => row.log !== log);
      const events = others.length === 0 ? slice.events : [...slice.events, ...others].sort((a, b) => a.seq - b.seq);
      const now = this.#clock();
      const restores =
        restored.length === 0 ? [] : await stateRestored(this.support, { log, size, root: writer.root() }, restored);
      // Void, if what follows fails.
      this.#writer = undefined;
      const oldest = events.reduce((least, { event }) => Math.min(least, event.recordedAt), now);
      if (events.length > 0) this.#stateGap(writer, oldest, more, now);
      if (writer.isSealDue(now)) writer.seal(now);
      for (const { statement, list } of restores) writer.addStatement(statement, now, list);
      for (let from = 0; from < events.length; from += AT_ONCE) {
        writer.addEvents(events.slice(from, from + AT_ONCE), now);
        await nextTurn();
      }
      // Restored rows are passed, also those that cannot be stated.
      if (writer.isUnchanged && restored.length === 0) {
        // Another log may have been begun meanwhile.
        const isNewest = (await requireLog(this.support)).log === writer.log;
        if (isNewest) this.#writer = writer;
        return { events: 0, more: more || !isNewest, oldest: now };
      }
      if (await this.#commit(writer, { position })) return { events: events.length, more, oldest };
      if (tries === MOST_TRIES) throw outrun();
    }
  }

  /** @param oldest when the first of the events was recorded */
  #stateGap(writer: LogWriter, oldest: number, more: boolean, now: number): void {
    const { maxLagMs = DEFAULT_MAX_LAG_MS } = this.options;
    if (!writer.chain.isBehind && now - oldest > maxLagMs) {
      const [since, at] = [oldest, now].map((ms) => new Date(ms).toISOString()) as [string, string];
      const reason = `events waited for more than ${Math.round(maxLagMs / 1000)} s to be sealed`;
      writer.addStatement({ t: "gap", v: 1, at, reason, since }, now);
      writer.setBehind(more);
    } else if (!more) writer.setBehind(false);
  }

  async #current(): Promise<LogWriter> {
    this.#writer ??= await LogWriter.resume(this.support, await requireLog(this.support));
    return this.#writer;
  }

  /** @returns false where another sealer was ahead; what the writer has is void then */
  async #commit(
    writer: LogWriter,
    { position, record }: { readonly position?: string; readonly record?: AuditEventRow | undefined },
  ): Promise<boolean> {
    const commit = { ...writer.commit(position), record };
    if (!(await this.support.commit(commit))) return false;
    writer.committed(commit);
    this.#writer = writer;
    return true;
  }

  /** Signs the log as it is, unless that was signed before. @returns its size; `undefined` where nothing was signed */
  async #sign(): Promise<number | undefined> {
    const signed = await this.#signer.sign(await requireLog(this.support));
    this.#signedAt = performance.now();
    return signed;
  }
}

/** What an anchor failed with. */
function unwrap(error: unknown): never {
  throw error instanceof AnchorFailure ? error.cause : error;
}

function outrun(): StorageError {
  return new StorageError({
    code: "busy",
    message: `other sealers continued the log ${MOST_TRIES} times meanwhile`,
    remedy: "Try again.",
  });
}

/** Ends early when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
