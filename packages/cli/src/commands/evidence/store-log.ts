import {
  type Anchor,
  encodeReceipt,
  fileAnchor,
  parseReceipt,
  storeSource,
  TreeReader,
} from "@agent-assembly/evidence";
import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { type EvidenceLog, type EvidenceSupport, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import { parseInteger } from "../../args/values.js";

/** The log of a store. */
export interface StoreLog {
  readonly support: EvidenceSupport;
  readonly log: EvidenceLog;
}

/** @param number @default the newest one @throws `unsupported`, `not_found` */
export async function requireStoreLog(
  { evidenceSupport: support, name }: StorageBackend,
  number?: number,
): Promise<StoreLog> {
  const newest = await support?.log();
  const isNewest = number === undefined || newest === undefined || number === newest.log;
  const log = isNewest ? newest : (await support?.logs())?.find((one) => one.log === number);
  if (newest !== undefined && log === undefined) {
    throw new StorageError({
      code: "not_found",
      message: `the store has no log ${number}; its newest one is ${newest.log}`,
    });
  }
  if (support !== undefined && log !== undefined) return { support, log };
  if (support === undefined)
    throw new StorageError({ code: "unsupported", message: `a ${name} store keeps no evidence` });
  throw new StorageError({
    code: "not_found",
    message: "the events of this store are not sealed",
    remedy: "Run aasm evidence init once.",
  });
}

/** @throws UsageError */
export function logNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseInteger("--log", text, 1, Number.MAX_SAFE_INTEGER);
}

/** Proves what the log continues. */
export async function treeOf(storage: StorageBackend, { log }: StoreLog): Promise<TreeReader> {
  return new TreeReader(await storeSource(storage, { log: log.log }), log);
}

/** The file anchors that a user named, and those that the store has receipts of. @param folders absolute */
export async function fileAnchors({ support, log }: StoreLog, folders: readonly string[]): Promise<Anchor[]> {
  const known = await support.anchors(MAX_EVIDENCE_LIMIT, log.log);
  const receipts = known.filter(({ kind }) => kind === "file").map(({ target }) => target);
  return [...new Set([...folders, ...receipts])].map((folder) => fileAnchor(folder));
}

/** The receipts that a store has of anchors. */
export async function receiptsOf({ support, log }: StoreLog) {
  const all = await support.anchors(MAX_EVIDENCE_LIMIT, log.log);
  return all.flatMap((one) => parseReceipt(Buffer.from(one.receipt).toString()) ?? []);
}

/** Brings a checkpoint to an anchor, and keeps the receipt. @param note the signed checkpoint */
export async function anchorCheckpoint(
  storage: StorageBackend,
  anchor: Anchor,
  { size, note }: { readonly size: number; readonly note: string },
): Promise<void> {
  const at = await requireStoreLog(storage);
  const receipt = await anchor.put(note, await treeOf(storage, at));
  await at.support.recordAnchor({
    log: at.log.log,
    size,
    kind: receipt.anchor,
    target: receipt.where,
    at: receipt.at.getTime(),
    receipt: Buffer.from(encodeReceipt(receipt)),
  });
}
