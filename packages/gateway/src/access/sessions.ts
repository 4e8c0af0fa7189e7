import { hash, randomBytes } from "node:crypto";
import type { Identity } from "../context.js";

/** How long a cookie is good for: a working day. */
export const SESSION_MS = 12 * 60 * 60 * 1000;
/** How long a link to the page is good for. */
const LINK_MS = 15 * 60 * 1000;
/** The oldest are forgotten beyond it. */
const MAX_SESSIONS = 1000;
const MAX_LINKS = 100;

/** Finds out who a session is of, at each request; `undefined` once it is of no one any more. */
export type SessionOwner = () => Promise<Identity | undefined>;

interface Entry {
  readonly expiresAt: number;
  readonly owner: SessionOwner;
}

/**
 * Sessions of browsers and the one-time tokens that begin them, in this process's memory. Both are kept by their hashes, so
 * that a look-up tells nothing of them by its time.
 */
export class Sessions {
  readonly #links = new Map<string, Entry>();
  readonly #sessions = new Map<string, Entry>();

  /** @param now milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  /** A token that begins one session, once, within a quarter of an hour. */
  link(identity: Identity): string {
    return this.#add(this.#links, MAX_LINKS, { expiresAt: this.now() + LINK_MS, owner: async () => identity });
  }

  /** Trades a one-time token for a session. @returns its secret; `undefined` for a token that is not, or no longer, good */
  trade(token: string): string | undefined {
    const key = keyOf(token);
    const link = this.#current(this.#links, key);
    this.#links.delete(key);
    return link === undefined ? undefined : this.begin(link.owner);
  }

  /** Begins a session. @returns its secret */
  begin(owner: SessionOwner): string {
    return this.#add(this.#sessions, MAX_SESSIONS, { expiresAt: this.now() + SESSION_MS, owner });
  }

  /** Who a session is of. */
  async find(secret: string): Promise<Identity | undefined> {
    return this.#current(this.#sessions, keyOf(secret))?.owner();
  }

  /** Ends a session. */
  end(secret: string): void {
    this.#sessions.delete(keyOf(secret));
  }

  #add(entries: Map<string, Entry>, max: number, entry: Entry): string {
    for (const [key, { expiresAt }] of entries) {
      if (entries.size < max && expiresAt > this.now()) break;
      entries.delete(key);
    }
    const secret = randomBytes(32).toString("base64url");
    entries.set(keyOf(secret), entry);
    return secret;
  }

  #current(entries: Map<string, Entry>, key: string): Entry | undefined {
    const entry = entries.get(key);
    return entry === undefined || entry.expiresAt <= this.now() ? undefined : entry;
  }
}

function keyOf(secret: string): string {
  return hash("sha256", secret);
}
