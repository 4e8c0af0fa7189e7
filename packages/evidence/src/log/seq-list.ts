import { EvidenceError } from "../errors.js";

/** First byte of a list of runs. A list of differences never begins with it: its first number is not negative. */
const RUNS = 1;

/**
 * Numbers of rows in few bytes: the differences between one and the next, the first one from 0, as zigzag varints; or runs of equal
 * differences, each with its length, where that is shorter. Rows that were committed one after another take few bytes together, others
 * mostly one each.
 * @param seqs whole numbers from 0, below 2^52
 */
export function packSeqs(seqs: readonly number[]): Uint8Array {
  const single: number[] = [];
  const runs: number[] = [RUNS];
  let [before, last, length] = [0, 0, 0];
  for (const seq of seqs) {
    const difference = seq - before;
    before = seq;
    putVarint(single, zigzag(difference));
    if (length > 0 && difference !== last) {
      putVarint(runs, zigzag(last));
      putVarint(runs, length);
      length = 0;
    }
    last = difference;
    length++;
  }
  if (length > 0) {
    putVarint(runs, zigzag(last));
    putVarint(runs, length);
  }
  return Uint8Array.from(runs.length < single.length ? runs : single);
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Not with operators on bits, which cut at 32. */
function putVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** @param count how many there are @throws `EvidenceError` `tile_damaged` for bytes that are not as many numbers */
export function unpackSeqs(bytes: Uint8Array, count: number): number[] {
  const seqs: number[] = [];
  const isRuns = bytes[0] === RUNS;
  const varints = new Varints(bytes, isRuns ? 1 : 0);
  let before = 0;
  while (!varints.isOver && seqs.length <= count) {
    const value = varints.next();
    const difference = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    const length = isRuns ? varints.next() : 1;
    if (!(length >= 1 && length <= count - seqs.length)) throw damaged(count);
    for (let n = 0; n < length; n++) {
      before += difference;
      if (!Number.isSafeInteger(before) || before < 0) throw damaged(count);
      seqs.push(before);
    }
  }
  if (seqs.length === count) return seqs;
  throw damaged(count);
}

class Varints {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  get isOver(): boolean {
    return this.at >= this.bytes.length;
  }

  /** @returns not a number where the bytes end */
  next(): number {
    let value = 0;
    let factor = 1;
    for (let byte = 128; byte >= 128; factor *= 128) {
      byte = this.bytes[this.at++] ?? Number.NaN;
      value += (byte % 128) * factor;
    }
    return value;
  }
}

function damaged(count: number): EvidenceError {
  return new EvidenceError("tile_damaged", `a batch does not have the numbers of its ${count} rows`);
}
