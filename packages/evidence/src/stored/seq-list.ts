import { EvidenceError } from "../errors.js";

/**
 * Numbers of rows in few bytes: the differences between one and the next, the first one from 0, as zigzag varints. Rows that were
 * committed one after another take a byte each.
 * @param seqs whole numbers from 0, below 2^52
 */
export function packSeqs(seqs: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let before = 0;
  for (const seq of seqs) {
    const difference = seq - before;
    before = seq;
    // Not with operators on bits, which cut at 32.
    let rest = difference < 0 ? -2 * difference - 1 : 2 * difference;
    while (rest >= 128) {
      bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

/** @param count how many there are @throws `EvidenceError` `tile_damaged` for bytes that are not as many numbers */
export function unpackSeqs(bytes: Uint8Array, count: number): number[] {
  const seqs: number[] = [];
  let before = 0;
  for (let at = 0; at < bytes.length; ) {
    let value = 0;
    let factor = 1;
    for (let byte = 128; byte >= 128; factor *= 128) {
      byte = bytes[at++] ?? Number.NaN;
      value += (byte % 128) * factor;
    }
    before += value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    if (!Number.isSafeInteger(before) || before < 0) break;
    seqs.push(before);
  }
  if (seqs.length === count) return seqs;
  throw new EvidenceError("tile_damaged", `a batch does not have the numbers of its ${count} rows`);
}
