import type { StorageBackend } from "@agent-assembly/storage-core";
import { describeShape, invalidArgument, parseDate } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import { rangeOf, type TimeRange } from "../folder/selection.js";
import type { ContinuedLog } from "../leaf/continued-log.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { storedTiles } from "../log/stored-tiles.js";
import type { NoteVerifier } from "../note/key.js";
import { parseChain, type SealChain } from "../sealing/chain.js";
import { LeafReader } from "../stored/leaf-reader.js";
import { TreeReader } from "../tree/reader.js";
import { checkArchives, type EvidenceArchive } from "./archives.js";
import { checkCheckpoints, type KeptCheckpoint } from "./checkpoint-check.js";
import { countedDrops, readDropRecords } from "./drop-records.js";
import { readEraseRecords } from "./erase-records.js";
import { ErasureCheck } from "./erasure-check.js";
import { checkFork } from "./fork-check.js";
import { reconcile } from "./reconcile.js";
import { rowsWithoutLeaf } from "./rows-without-leaf.js";
import { SealCheck } from "./seal-check.js";
import { type Span, spansOf } from "./spans.js";
import { continuesPart, partOfNote, type VerifiedPart, verifiedPart, walkStart } from "./trusted-part.js";
import { walk } from "./walk.js";

/** Options of {@link verifyStore}. */
export interface VerifyStoreOptions {
  /** Keys of the log. @default none: signatures of checkpoints are not checked */
  readonly keys?: readonly NoteVerifier[] | undefined;
  /** Which log of the store, from 1. @default the newest one, which has all events that are in the store */
  readonly log?: number | undefined;
  /** Checkpoints of the log that are kept elsewhere, such as by an anchor. @default none */
  readonly kept?: readonly KeptCheckpoint[] | undefined;
  /**
   * Archives of dropped events, as `openArchive` of `@agent-assembly/retention` opens them: each that a statement names must be in one
   * of them, as it was written. @default none: archives are not checked
   */
  readonly archives?: readonly EvidenceArchive[] | undefined;
  /**
   * A signed checkpoint of the log, such as of the last verification: rows and hashes of the leaves that it covers are not read anew,
   * but for those behind the last seal in it. Where the log does not continue it, everything is. @default none
   */
  readonly since?: KeptCheckpoint | undefined;
  /** What an interrupted verification has told `onVerified` last: as `since`. @default none */
  readonly resume?: VerifiedPart | undefined;
  /** Told, every some thousand leaves, of the part in which nothing was found; keep it to resume a verification that is interrupted. */
  readonly onVerified?: ((part: VerifiedPart) => void | Promise<void>) | undefined;
  /**
   * Events from this time on, with `to` or alone: only the leaves of seals are read that count events on a UTC day of the range, those
   * behind the newest seal, and those of rows that say they are of the range. Checkpoints and statements are checked all. `onVerified`
   * is not called. @default no limit
   */
  readonly from?: Date | undefined;
  /** Events before this time. @default no limit */
  readonly to?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * @param leaves from the beginning of the log that are done with
   * @param size leaves of the log
   */
  readonly onProgress?: ((leaves: number, size: number) => void) | undefined;
}

/** What a verification of a store found. */
export interface StoreVerification {
  readonly origin: string;
  /** Which log of the store. */
  readonly log: number;
  /** What its first leaf says of the log before; absent in a first log. */
  readonly continues?: ContinuedLog;
  /** Leaves of the log. */
  readonly leaves: number;
  /** Leaves that were not looked at, since they were verified before; 0 where all were. */
  readonly trusted: number;
  /** Leaves that were not looked at, since they concern no day of the range of time; 0 without one. */
  readonly passed: number;
  /** Leaves that stand for events, of those that were looked at. */
  readonly events: number;
  /** Events whose rows retention dropped, as the log says. */
  readonly dropped: number;
  /** Events parts of which were erased, and whose rows are there. What is left of them is compared. */
  readonly erased: number;
  /** Events that could not be compared, since their tile or their salts are damaged or missing. */
  readonly uncompared: number;
  /** Empty where nothing but what the log says happened to the sealed events. */
  readonly findings: readonly Finding[];
}

/**
 * Compares the events of a store with its log: every leaf with its row, every row with its leaf, and the log with its checkpoints.
 * Works in slices of some thousand leaves, beside appends. What is not sealed yet is not looked at.
 * @throws `unsupported` for a store that keeps no evidence; `not_found` where events are not sealed; `invalid_argument` for a range
 *   that ends before it begins; what the signal aborts with
 * @example
 * ```ts
 * import { createSealer, generateSignerKey, parseSignerKey, parseVerifierKey, verifyStore } from "@agent-assembly/evidence";
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * const { signerKey, verifierKey } = generateSignerKey("example.com/audit");
 * const sealer = createSealer(storage, { key: parseSignerKey(signerKey) });
 * await sealer.init();
 * await sealer.sealOnce();
 * const { findings } = await verifyStore(storage, { keys: [parseVerifierKey(verifierKey)] });
 * for (const { code, leaf, detail } of findings) console.log(code, leaf, detail);
 * ```
 */
export async function verifyStore(
  storage: StorageBackend,
  {
    keys,
    log: number,
    kept = [],
    archives = [],
    signal,
    onProgress,
    since,
    resume,
    onVerified,
    from,
    to,
  }: VerifyStoreOptions = {},
): Promise<StoreVerification> {
  const range = checkedRange(from, to);
  const support = evidenceOf(storage);
  const log = await requireLog(support, number);
  const findings: Finding[] = [];
  const tree = new TreeReader(storedTiles(support, log.log), log);
  const leaves = new LeafReader(support, log.log, tree);
  const seals = new SealCheck(tree);
  const chain = chainOf(log.chain, findings);
  const drops = await readDropRecords(support, log.log);
  const all = since === undefined ? kept : [...kept, since];
  const continued = await checkFork(support, log);
  findings.push(...continued.findings);
  findings.push(...(await checkCheckpoints({ support, log, tree, leaves }, { keys, kept: all })));
  const told = since === undefined ? undefined : partOfNote(since.note);
  let trusted = 0;
  for (const part of [told, resume]) {
    if (part !== undefined && (await continuesPart(tree, log, part))) trusted = Math.max(trusted, part.size);
  }
  const start = await walkStart(support, log.log, trusted);
  if (start.seal !== undefined) seals.continueBehind(start.seal);
  const onClean = async (size: number): Promise<void> => {
    if (onVerified === undefined || range !== undefined || findings.length + drops.findings.length > 0) return;
    await onVerified(verifiedPart({ origin: log.origin, size, root: await tree.rootAt(size) }));
  };
  const records = await readEraseRecords(support, log.log);
  const erasures = new ErasureCheck(records);
  const rows = { support, log: log.log, size: log.size, position: log.position, start: start.leaf, signal };
  const parts = {
    support,
    log,
    spans: range === undefined ? wholeFrom(start.leaf, log.size) : await spansOf(rows, range),
    openDays: chain?.days,
    leaves,
    seals,
    drops,
    erasures,
    signal,
    onProgress,
    start,
    onClean,
  };
  const walked = await walk(parts);
  if (chain !== undefined) seals.end(chain);
  await erasures.end(() => readEraseRecords(support, log.log), storage.erasureSupport);
  // Behind what was walked, so that rows which are sealed meanwhile are not taken for others.
  const extra = await rowsWithoutLeaf(rows, walked.sealed, range ?? ALL_TIMES);
  const counted = (): Promise<ReadonlyMap<string, number>> => countedDrops(storage);
  const missingSeals = new Set([...seals.missing].filter((leaf) => leaf < log.size));
  const reconciled = await reconcile({ support, log: log.log, leaves, walked, extra, counted, missingSeals });
  if (archives.length > 0) findings.push(...(await checkArchives(archives, drops, signal)));
  findings.push(...leaves.findings, ...drops.findings, ...records.findings, ...erasures.findings);
  findings.push(...seals.findings, ...reconciled);
  return {
    origin: log.origin,
    log: log.log,
    ...(continued.log !== undefined && { continues: continued.log }),
    leaves: log.size,
    trusted: start.leaf,
    passed: walked.passed,
    events: walked.events,
    dropped: walked.dropped,
    erased: erasures.erased,
    uncompared: walked.uncompared,
    findings: findings.sort((a, b) => (a.leaf ?? -1) - (b.leaf ?? -1)),
  };
}

const ALL_TIMES = rangeOf(undefined, undefined);

/** @returns `undefined` for no limit */
function checkedRange(from: Date | undefined, to: Date | undefined): TimeRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from !== undefined) parseDate("options.from", from);
  if (to !== undefined) parseDate("options.to", to);
  if (from !== undefined && to !== undefined && from >= to) {
    throw invalidArgument("options.to", `must be after options.from, got ${describeShape(to)}`);
  }
  return rangeOf(from, to);
}

function wholeFrom(start: number, end: number): Span[] {
  return start < end ? [{ start, end, isRead: true, lastEvent: -1 }] : [];
}

function chainOf(text: string, findings: Finding[]): SealChain | undefined {
  try {
    return parseChain(text);
  } catch (error) {
    if (!isEvidenceError(error)) throw error;
    findings.push({ code: "seal_damaged", detail: error.message });
    return undefined;
  }
}
