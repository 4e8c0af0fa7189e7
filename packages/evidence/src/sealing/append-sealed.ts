import { setTimeout as sleep } from "node:timers/promises";
import {
  type AppendResult,
  type AuditTimeLimits,
  type NewAuditEvent,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import {
  type AuditKey,
  compareAuditKeys,
  countText,
  type EvidenceSupport,
  parseInteger,
  uuidV7,
} from "@agent-assembly/storage-core/backend";
import { BatchPages } from "../log/batch-pages.js";
import { keyBefore } from "../log/key-before.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import type { Sealer } from "./sealer.js";

/** Options of {@link appendSealed}. */
export interface AppendSealedOptions {
  /** Seals in this process. @default none: a sealer in another one must be at work, such as `aasm evidence seal --watch` */
  readonly sealer?: Pick<Sealer, "sealOnce"> | undefined;
  /** Milliseconds that the seal is waited for. @default 30,000 */
  readonly timeoutMs?: number | undefined;
  readonly limits?: AuditTimeLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of events that were appended and sealed. */
export interface SealedAppend extends AppendResult {
  /** The leaf of each event, in their order; `undefined` for rejected ones. */
  readonly leaves: readonly (number | undefined)[];
}

const DEFAULT_TIMEOUT_MS = 30_000;
const LONGEST_TIMEOUT_MS = 24 * 3_600_000;
const POLL_MS = 100;
const PAGE = 4096;

/**
 * Appends events, and waits until they are leaves of the log. A checkpoint that covers them is signed later.
 * @throws as `append`; `timeout` where they were not sealed in time, although all of them are stored; `not_found` without a log
 * @example
 * ```ts
 * import { appendSealed, createSealer, generateSignerKey, parseSignerKey } from "@agent-assembly/evidence";
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * const sealer = createSealer(storage, { key: parseSignerKey(generateSignerKey("example.com/audit").signerKey) });
 * await sealer.init();
 * const event = { ts: new Date(), agentId: "agent-1", action: "tool_call", decision: "allow" };
 * const { leaves } = await appendSealed(storage, [event], { sealer });
 * console.log(leaves);
 * ```
 */
export async function appendSealed(
  storage: StorageBackend,
  events: readonly NewAuditEvent[],
  { sealer, timeoutMs = DEFAULT_TIMEOUT_MS, limits, signal }: AppendSealedOptions = {},
): Promise<SealedAppend> {
  parseInteger("options.timeoutMs", timeoutMs, 0, LONGEST_TIMEOUT_MS);
  const support = evidenceOf(storage);
  const { log, size } = await requireLog(support);
  const named = Array.isArray(events) ? events.map(withId) : events;
  const result = await storage.audit.append(named, limits === undefined ? {} : { limits });
  const rejected = new Set(result.rejected.map(({ index }) => index));
  const leaves: (number | undefined)[] = named.map(() => undefined);
  const open = new Map(
    named.flatMap(({ ts, eventId }, at): [number, AuditKey][] =>
      rejected.has(at) ? [] : [[at, { ts: ts.getTime(), eventId: (eventId as string).toLowerCase() }]],
    ),
  );
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    await sealer?.sealOnce({ signal });
    for (const [at, leaf] of await leavesOf(support, open, { log, size })) {
      leaves[at] = leaf;
      open.delete(at);
    }
    if (open.size === 0) return { ...result, leaves };
    if (performance.now() >= deadline) throw notSealed(open.size, timeoutMs, sealer !== undefined);
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** An event without an id gets one here, so that it is found again. */
function withId(event: NewAuditEvent): NewAuditEvent {
  if (typeof event !== "object" || event === null || event.eventId !== undefined) return event;
  return { ...event, eventId: uuidV7(Date.now()) };
}

/** The leaves of those events that are sealed. @param before the log as it was before they were appended */
async function leavesOf(
  support: EvidenceSupport,
  events: ReadonlyMap<number, AuditKey>,
  before: { readonly log: number; readonly size: number },
): Promise<[at: number, leaf: number][]> {
  const { log, position } = await requireLog(support);
  const seqs = await seqsOf(support, position, events);
  if (seqs.size === 0) return [];
  const batches = new BatchPages(support, log);
  const wanted = new Set(seqs.values());
  const found = await batches.leavesOf(wanted, log === before.log ? before.size : 0);
  // Such as were stored before, and sealed.
  if (found.size < wanted.size && log === before.log) {
    for (const [seq, leaf] of await batches.leavesOf(wanted, 0)) found.set(seq, leaf);
  }
  return [...seqs].flatMap(([at, seq]): [number, number][] => {
    const leaf = found.get(seq);
    return leaf === undefined ? [] : [[at, leaf]];
  });
}

/** The numbers of the rows that a position includes. */
async function seqsOf(
  support: EvidenceSupport,
  position: string,
  events: ReadonlyMap<number, AuditKey>,
): Promise<Map<number, number>> {
  const seqs = new Map<number, number>();
  const sorted = [...events].sort(([, a], [, b]) => compareAuditKeys(a, b));
  const limit = Math.min(PAGE, 2 * sorted.length);
  let page: Awaited<ReturnType<EvidenceSupport["keys"]>> = [];
  let next = 0;
  for (const [at, wanted] of sorted) {
    while (next < page.length && compareAuditKeys(page[next] as AuditKey, wanted) < 0) next++;
    if (next === page.length) {
      page = await support.keys(position, keyBefore(wanted), limit);
      next = 0;
    }
    const key = page[next];
    if (key !== undefined && compareAuditKeys(key, wanted) === 0) seqs.set(at, key.seq);
  }
  return seqs;
}

function notSealed(count: number, timeoutMs: number, isOwn: boolean): StorageError {
  return new StorageError({
    code: "timeout",
    message: `${countText(count, "event")} ${count === 1 ? "was" : "were"} stored, and not sealed within ${timeoutMs / 1000} s`,
    remedy: isOwn
      ? "An open transaction may keep the sealer waiting; the events are sealed when it ends."
      : "See that a sealer is at work, such as aasm evidence seal --watch, or give one.",
  });
}
