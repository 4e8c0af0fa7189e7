import { type ProblemError, problem } from "../http/problem.js";

/** Sent with 401. `Basic` would make browsers ask for a password. */
const CHALLENGE = { "www-authenticate": 'Bearer realm="agent-assembly"' };

/** A request that nothing valid lets in. */
export function unauthenticated(detail: string): ProblemError {
  return problem("unauthenticated", detail, {
    remedy: "Send a token as Authorization: Bearer; create one with: aasm token create",
    headers: CHALLENGE,
  });
}
