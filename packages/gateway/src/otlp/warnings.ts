/** Milliseconds between two warnings of the same kind to one client. */
const INTERVAL = 3_600_000;
const MOST_CLIENTS = 1000;

/**
 * Whether a client is to be warned: once an hour on each connection, or under each name where the server has no
 * connections to tell apart. SDKs log each warning they get, and send every few seconds.
 */
export class Warnings {
  readonly #connections = new WeakMap<object, Map<string, number>>();
  readonly #names = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  /** @param connection the socket, where it is known */
  isDue(connection: object | undefined, name: string, kind: string): boolean {
    const last = connection === undefined ? this.#names : this.#ofConnection(connection);
    const key = connection === undefined ? `${name} ${kind}` : kind;
    const now = this.now();
    const before = last.get(key);
    if (before !== undefined && now - before < INTERVAL) return false;
    if (last.size >= MOST_CLIENTS) last.clear();
    last.set(key, now);
    return true;
  }

  #ofConnection(connection: object): Map<string, number> {
    const known = this.#connections.get(connection) ?? new Map<string, number>();
    this.#connections.set(connection, known);
    return known;
  }
}
