/** Each copy of some bytes in which one bit of one byte is flipped, and where. */
export function* flips(bytes: Uint8Array): Generator<{ readonly at: number; readonly changed: Uint8Array }> {
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << bit);
      yield { at, changed };
    }
  }
}
