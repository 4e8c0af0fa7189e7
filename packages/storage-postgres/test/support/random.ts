/** Random numbers that are the same in every run: what fails once fails again. */
export class Random {
  #state = 0x9e3779b9;

  constructor(seed: string) {
    for (const unit of seed) this.#state = Math.imul(this.#state ^ (unit.codePointAt(0) ?? 0), 0x01000193);
  }

  /** In `[0, 1)` (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in `[0, limit)`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** One of three times none of them. */
  maybe<T>(choices: readonly T[]): T | undefined {
    return this.below(3) === 0 ? undefined : this.of(choices);
  }

  /** Up to three of them, each once. */
  some<T>(choices: readonly T[]): T[] {
    return [...new Set(Array.from({ length: this.below(4) }, () => this.of(choices)))];
  }
}
