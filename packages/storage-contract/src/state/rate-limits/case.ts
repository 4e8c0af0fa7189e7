import type { RateLimit, RateLimitAnswer, RateLimiter } from "@agent-assembly/storage-core/state";
import type { StateCase, StateContext } from "../case.js";
import type { RateLimitHarness } from "../harness.js";

export type RateLimitCase = StateCase<StateContext<RateLimitHarness, RateLimiter, Record<string, never>>>;

/** A window that ends with no test. */
export const LONG_MS = 600_000;

export function perAgent(limit: number, windowMs = LONG_MS, id = "agent-1"): RateLimit {
  return { scope: "agent", id, limit, windowMs };
}

export function perTeam(limit: number, windowMs = LONG_MS, id = "team-1"): RateLimit {
  return { scope: "team", id, limit, windowMs };
}

/** How many of so many checks at the same time are allowed. */
export async function allowedOf(count: number, check: (n: number) => Promise<RateLimitAnswer>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => check(n)));
  return answers.filter(({ allowed }) => allowed).length;
}
