/** Numbers in order, of which any quantile is known at once. Adding and removing copies what lies behind. */
export class SortedWindow {
  #values = new Float64Array(8);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param value finite */
  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    const place = this.#placeOf(value);
    this.#values.copyWithin(place + 1, place, this.#count);
    this.#values[place] = value;
    this.#count++;
  }

  /** @param value one that was added */
  remove(value: number): void {
    const place = this.#placeOf(value);
    this.#values.copyWithin(place, place + 1, this.#count);
    this.#count--;
  }

  median(): number {
    return middle(this.#count, (k) => this.#at(k));
  }

  /** Median of the absolute differences from the median. O(log n). */
  medianDeviation(median: number): number {
    const split = this.#placeOf(median);
    // Differences below and above the median, each ascending.
    const below = (i: number) => median - this.#at(split - 1 - i);
    const above = (i: number) => this.#at(split + i) - median;
    return middle(this.#count, (k) => smallest(k, split, below, this.#count - split, above));
  }

  /** Mean of the absolute differences from the median. O(n), without the values that equal it. */
  meanDeviation(median: number): number {
    let sum = 0;
    for (let i = 0; i < this.#count && this.#at(i) < median; i++) sum += median - this.#at(i);
    for (let i = this.#count - 1; i >= 0 && this.#at(i) > median; i--) sum += this.#at(i) - median;
    return sum / this.#count;
  }

  #at(index: number): number {
    return this.#values[index] as number;
  }

  /** Index of the first number that is not smaller. */
  #placeOf(value: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Median of `count` ascending numbers. */
function middle(count: number, at: (index: number) => number): number {
  const upper = at(count >>> 1);
  // Halved first, since the sum may be too large for a double.
  return count % 2 === 1 ? upper : at((count >>> 1) - 1) / 2 + upper / 2;
}

/** The number with index `k` of two ascending lists together. */
function smallest(
  k: number,
  aCount: number,
  a: (index: number) => number,
  bCount: number,
  b: (index: number) => number,
): number {
  // How many of the first `k` are from `a`.
  let low = Math.max(0, k - bCount);
  let high = Math.min(k, aCount);
  while (low < high) {
    const taken = (low + high) >>> 1;
    if (a(taken) < b(k - taken - 1)) low = taken + 1;
    else high = taken;
  }
  const nextOfA = low < aCount ? a(low) : Number.POSITIVE_INFINITY;
  const nextOfB = k - low < bCount ? b(k - low) : Number.POSITIVE_INFINITY;
  return Math.min(nextOfA, nextOfB);
}
