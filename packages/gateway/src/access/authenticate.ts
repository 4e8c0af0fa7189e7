import { hash } from "node:crypto";
import type { AgentStorage, ApiTokenInForce } from "@agent-assembly/storage";
import { isStorageError } from "@agent-assembly/storage-core";
import type { Identity, Scope } from "../context.js";
import { problem } from "../http/problem.js";
import { cookieName, presentedCookie, presentedToken } from "./credentials.js";
import { isWrite } from "./origin.js";
import type { Sessions } from "./sessions.js";
import { unauthenticated } from "./unauthenticated.js";

/** Seconds that a client is asked to wait at most: SDKs give up when a longer wait is asked of them. */
const MAX_RETRY_AFTER = 3;
const MINUTE_MS = 60_000;

/** How long a token is known to those who ask how the store is, while the store cannot be asked. */
const KNOWN_MS = 15 * MINUTE_MS;
const MAX_KNOWN = 100;

/** Headers that proxies add. */
const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/** What {@link Authenticator} decides by. */
export interface AuthenticatorParts {
  readonly storage: AgentStorage;
  readonly sessions: Sessions;
  /** What may be done without a token, for as long as the store has none. */
  readonly anonymous: readonly Scope[];
  /** Whether the page is served by TLS. */
  readonly secure: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Finds out who sent a request. */
export class Authenticator {
  #hasTokens = false;
  readonly #known = new Map<string, { readonly at: number; readonly identity: Identity }>();

  constructor(private readonly parts: AuthenticatorParts) {}

  /** @throws ProblemError 401 without a valid token; 403 for a write by cookie from elsewhere; 429 above the rate */
  async authenticate(request: Request): Promise<Identity> {
    const { headers } = request;
    const token = presentedToken(headers);
    if (token !== undefined) return (await this.byToken(token)) ?? refuse("the token is unknown, expired or revoked");
    const cookie = presentedCookie(headers, cookieName(this.parts.secure));
    if (cookie !== undefined) return this.#byCookie(request, cookie);
    if (await this.#allowsAnonymous(headers)) {
      return { name: "loopback", scopes: new Set(this.parts.anonymous), teamId: undefined, credential: "none" };
    }
    return refuse("the request carries no token");
  }

  /**
   * As {@link authenticate}, for what has nothing of the store: a token that it let in a short while ago is let in while the store
   * is away, since that is when its state is asked for.
   */
  async authenticateObserver(request: Request): Promise<Identity> {
    const token = presentedToken(request.headers);
    const key = token === undefined ? undefined : hash("sha256", token);
    const { now } = this.parts;
    try {
      const identity = await this.authenticate(request);
      if (key !== undefined) {
        if (this.#known.size >= MAX_KNOWN) this.#known.clear();
        this.#known.set(key, { at: now(), identity });
      }
      return identity;
    } catch (error) {
      const known = key === undefined ? undefined : this.#known.get(key);
      if (!isStorageError(error) || known === undefined || known.at + KNOWN_MS <= now()) throw error;
      return known.identity;
    }
  }

  /** Who a token is of. @throws ProblemError 429 above its rate */
  async byToken(secret: string): Promise<Identity | undefined> {
    const token = await this.parts.storage.apiTokens?.verify(secret);
    if (token === undefined) return undefined;
    await this.#countRequest(token);
    const { name, scopes, teamId, tokenId } = token;
    return { name, scopes: new Set(scopes), teamId, tokenId, credential: "token" };
  }

  async #byCookie(request: Request, cookie: string): Promise<Identity> {
    const owner = await this.parts.sessions.find(cookie);
    if (owner === undefined) return refuse("the session has ended");
    // A page of another site can make a browser send the cookie; it can set neither of these.
    if (isWrite(request) && (request.headers.get("x-aasm") !== "1" || request.headers.get("origin") === null)) {
      throw problem("forbidden", "a change by cookie needs the header X-Aasm: 1 and an Origin", {
        remedy: "Programs send a token instead of the cookie.",
      });
    }
    return { ...owner, credential: "session" };
  }

  async #allowsAnonymous(headers: Headers): Promise<boolean> {
    const { anonymous, storage } = this.parts;
    if (anonymous.length === 0 || this.#hasTokens) return false;
    // Behind a proxy every request comes from this machine.
    if (FORWARDED.some((name) => headers.has(name))) return false;
    // Also one that was revoked: taking a right away must not give it to everyone.
    this.#hasTokens = ((await storage.apiTokens?.list({ revoked: true })) ?? []).length > 0;
    return !this.#hasTokens;
  }

  async #countRequest({ tokenId, teamId, requestsPerMinute }: ApiTokenInForce): Promise<void> {
    if (requestsPerMinute === undefined) return;
    const whose = teamId === undefined ? { scope: "api_token", id: tokenId } : { scope: "api_token_team", id: teamId };
    const { allowed, retryAfterMs } = await this.parts.storage.rateLimits.check([
      { ...whose, limit: requestsPerMinute, windowMs: MINUTE_MS },
    ]);
    if (allowed) return;
    throw problem("rate_limited", `more than ${requestsPerMinute} requests within a minute`, {
      retryable: true,
      remedy: "Send fewer, larger requests, or create a token with a higher rate.",
      retryAfter: Math.min(MAX_RETRY_AFTER, Math.max(1, Math.ceil(retryAfterMs / 1000))),
    });
  }
}

function refuse(detail: string): never {
  throw unauthenticated(detail);
}
