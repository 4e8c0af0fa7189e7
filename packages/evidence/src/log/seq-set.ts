const CHUNK = 65_536;

/** Numbers of rows: a bit for each, so that a hundred million of them take some megabytes. */
export class SeqSet {
  readonly #chunks = new Map<number, Uint8Array>();

  add(seq: number): void {
    const number = Math.floor(seq / CHUNK);
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      chunk = new Uint8Array(CHUNK / 8);
      this.#chunks.set(number, chunk);
    }
    const at = seq % CHUNK;
    chunk[at >> 3] = (chunk[at >> 3] as number) | (1 << (at & 7));
  }

  has(seq: number): boolean {
    if (seq < 0) return false;
    const at = seq % CHUNK;
    return (((this.#chunks.get(Math.floor(seq / CHUNK))?.[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
  }
}
