/** More than indexes of a dictionary of 10,000 values need; with the bits left of a byte it fits into 32. */
const MAX_WIDTH = 24;

/**
 * Decodes Parquet's hybrid of runs and packed bits.
 * @param width bits of a value
 * @param count values wanted; a run beyond them is refused
 * @throws `RangeError`
 */
export function readRuns(bytes: Uint8Array, start: number, width: number, count: number): Uint32Array {
  if (width > MAX_WIDTH) throw new RangeError(`a run has values of ${width} bits; at most ${MAX_WIDTH}`);
  const values = new Uint32Array(count);
  let at = start;
  let done = 0;
  while (done < count) {
    let header = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || factor > 0x1000_0000) throw new RangeError("a page ends within its runs");
      header += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    const length = Math.floor(header / 2);
    if (header % 2 === 0) {
      if (length === 0 || length > count - done) {
        throw new RangeError(`a run has ${length} values where ${count - done} are left`);
      }
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) value |= byteAt(bytes, at++) << shift;
      values.fill(value >>> 0, done, done + length);
      done += length;
      continue;
    }
    // Groups of 8 values, the last one filled up.
    if (length === 0 || length > Math.ceil((count - done) / 8)) {
      throw new RangeError(`a run has ${length * 8} values where ${count - done} are left`);
    }
    const next = at + length * width;
    if (next > bytes.length) throw new RangeError("a page ends within its runs");
    done = unpack(bytes, at, width, values, done, Math.min(done + length * 8, count));
    at = next;
  }
  return values;
}

/** @returns `end` */
function unpack(
  bytes: Uint8Array,
  start: number,
  width: number,
  values: Uint32Array,
  first: number,
  end: number,
): number {
  const mask = (1 << width) - 1;
  let at = start;
  let bits = 0;
  let held = 0;
  for (let i = first; i < end; i++) {
    while (held < width) {
      bits |= (bytes[at++] as number) << held;
      held += 8;
    }
    values[i] = bits & mask;
    bits >>>= width;
    held -= width;
  }
  return end;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError("a page ends within its runs");
  return byte;
}
