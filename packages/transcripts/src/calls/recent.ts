/**
 * A map of the entries that were set last: at least `most`, and at most twice as many. Entries go half at a time, because a
 * map whose first entry is removed again and again looks through all that were removed before.
 */
export class RecentMap<K, V> {
  #latest = new Map<K, V>();
  #before = new Map<K, V>();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.#latest.size + this.#before.size;
  }

  get(key: K): V | undefined {
    return this.#latest.get(key) ?? this.#before.get(key);
  }

  has(key: K): boolean {
    return this.#latest.has(key) || this.#before.has(key);
  }

  set(key: K, value: V): void {
    this.#latest.set(key, value);
    if (this.#latest.size < this.most) return;
    this.#before = this.#latest;
    this.#latest = new Map();
  }

  delete(key: K): void {
    this.#latest.delete(key);
    this.#before.delete(key);
  }
}
