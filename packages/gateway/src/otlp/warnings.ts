/** Milliseconds between two warnings of the same kind to one client. */
const INTERVAL = 3_600_000;
const MOST_CLIENTS = 1000;

/**
 * Whether a client is to be warned: once an hour under each name. SDKs log each warning they get, and send every few seconds;
 * Node's server does not tell their connections apart for a handler of requests.
 */
export class Warnings {
  readonly #last = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  isDue(name: string, kind: string): boolean {
    const key = `${kind} ${name}`;
    const now = this.now();
    const before = this.#last.get(key);
    if (before !== undefined && now - before < INTERVAL) return false;
    if (this.#last.size >= MOST_CLIENTS) this.#last.clear();
    this.#last.set(key, now);
    return true;
  }
}
