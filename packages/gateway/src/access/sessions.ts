import type { Identity } from "../context.js";

/** How long a cookie is good for: a working day. */
export const SESSION_MS = 12 * 60 * 60 * 1000;
/** How long a link to the page is good for. */
export const LINK_MS = 15 * 60 * 1000;

/** Sessions of browsers, and the one-time tokens that begin them. */
export interface Sessions {
  /** A token that begins one session, once, within a quarter of an hour. @param name of who it is for */
  link(name: string): string;
  /** Trades a one-time token for a session. @returns its secret; `undefined` for a token that is not, or no longer, good */
  trade(token: string): Promise<string | undefined>;
  /** Begins a session of a valid API token, with which it ends. @returns its secret */
  begin(apiToken: string): string;
  /** Who a session is of; `undefined` once it is of no one any more. */
  find(secret: string): Promise<Identity | undefined>;
  /** Ends a session. Idempotent. */
  end(secret: string): Promise<void>;
}

/** What sessions are made with. */
export interface SessionParts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who may do what, for a link of this name. */
  readonly byLink: (name: string) => Identity;
  /** Who an API token is of, asked for at each request: a revocation ends its sessions at once. */
  readonly byToken: (apiToken: string) => Promise<Identity | undefined>;
}
