import { hash, randomBytes } from "node:crypto";
import type { Identity } from "../context.js";
import { LINK_MS, SESSION_MS, type SessionParts, type Sessions } from "./sessions.js";

/** The oldest are forgotten beyond it. */
const MAX_SESSIONS = 1000;
const MAX_LINKS = 100;

interface Entry {
  readonly expiresAt: number;
  readonly owner: () => Promise<Identity | undefined>;
}

/**
 * Sessions in this process's memory, which end with it. They are kept by their hashes, so that a look-up tells nothing of them
 * by its time.
 */
export class LocalSessions implements Sessions {
  readonly #links = new Map<string, Entry>();
  readonly #sessions = new Map<string, Entry>();

  constructor(private readonly parts: SessionParts) {}

  link(name: string): string {
    const expiresAt = this.parts.now() + LINK_MS;
    return this.#add(this.#links, MAX_LINKS, { expiresAt, owner: async () => this.parts.byLink(name) });
  }

  async trade(token: string): Promise<string | undefined> {
    const key = keyOf(token);
    const link = this.#current(this.#links, key);
    this.#links.delete(key);
    return link === undefined ? undefined : this.#begin(link.owner);
  }

  begin(apiToken: string): string {
    return this.#begin(() => this.parts.byToken(apiToken));
  }

  async find(secret: string): Promise<Identity | undefined> {
    return this.#current(this.#sessions, keyOf(secret))?.owner();
  }

  async end(secret: string): Promise<void> {
    this.#sessions.delete(keyOf(secret));
  }

  #begin(owner: Entry["owner"]): string {
    return this.#add(this.#sessions, MAX_SESSIONS, { expiresAt: this.parts.now() + SESSION_MS, owner });
  }

  #add(entries: Map<string, Entry>, max: number, entry: Entry): string {
    const now = this.parts.now();
    for (const [key, { expiresAt }] of entries) {
      if (entries.size < max && expiresAt > now) break;
      entries.delete(key);
    }
    const secret = randomBytes(32).toString("base64url");
    entries.set(keyOf(secret), entry);
    return secret;
  }

  #current(entries: Map<string, Entry>, key: string): Entry | undefined {
    const entry = entries.get(key);
    return entry === undefined || entry.expiresAt <= this.parts.now() ? undefined : entry;
  }
}

function keyOf(secret: string): string {
  return hash("sha256", secret);
}
