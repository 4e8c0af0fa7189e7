import { StorageError } from "@agent-assembly/storage-core";
import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { EvidenceError } from "../errors.js";
import { TILE_WIDTH } from "./tile.js";

/** The most bytes of an entry: its length is a uint16. */
export const MAX_ENTRY_BYTES = 65_535;

/**
 * An entry bundle (C2SP tlog-tiles): up to 256 entries, each after its length as a big-endian uint16.
 * @throws `invalid_argument` for no entry or more than 256; `too_large` for an entry of more than 65,535 bytes
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || entries.length > TILE_WIDTH) {
    throw invalidArgument("entries", `must be 1 to ${TILE_WIDTH} entries, got ${entries.length}`);
  }
  for (const [at, { length }] of entries.entries()) checkEntrySize(`entries[${at}]`, length);
  const bundle = Buffer.alloc(entries.reduce((bytes, { length }) => bytes + 2 + length, 0));
  let at = 0;
  for (const entry of entries) {
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

/** @throws `too_large` */
export function checkEntrySize(what: string, bytes: number): void {
  if (bytes <= MAX_ENTRY_BYTES) return;
  throw new StorageError({
    code: "too_large",
    option: what,
    message: `{option} takes ${bytes} bytes, more than the ${MAX_ENTRY_BYTES} of an entry`,
    remedy: "State it in several entries.",
  });
}

/**
 * The entries of a bundle. Only `TreeReader.verifyEntries` says whether they are those of the tree.
 * @param name of the bundle, for errors; @default `the entry bundle`
 * @throws `EvidenceError` `tile_damaged` for bytes that are not 1 to 256 complete entries
 */
export function decodeEntryBundle(bundle: Uint8Array, name = "the entry bundle"): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const start = at + 2;
    const end = start + (((bundle[at] as number) << 8) | (bundle[at + 1] ?? 0));
    if (end > bundle.length) {
      throw new EvidenceError("tile_damaged", `${name} ends within entry ${entries.length}, at byte ${bundle.length}`);
    }
    entries.push(bundle.subarray(start, end));
    at = end;
  }
  if (entries.length > 0 && entries.length <= TILE_WIDTH) return entries;
  throw new EvidenceError("tile_damaged", `${name} has ${entries.length} entries instead of 1 to ${TILE_WIDTH}`);
}
