import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import {
  checkKeys,
  checkObject,
  parseBoolean,
  parseChoice,
  parseDate,
  parseInteger,
  parseOptionalText,
  parseText,
} from "../support/input.js";
import { API_TOKEN_SCOPES, type ApiTokenRevocation, type NewApiToken } from "./record.js";
import type { ApiTokenRow } from "./row.js";
import { isTokenId } from "./secret.js";

const MAX_RATE = 1_000_000;

const KEYS = [
  "name",
  "scopes",
  "teamId",
  "requestsPerMinute",
  "expiresAt",
  "actor",
] as const satisfies (keyof NewApiToken)[];

/** A token as it is stored, but for its id and its hash. @param now milliseconds since the epoch. @throws `invalid_argument` */
export function parseToken(token: NewApiToken, now: number): Omit<ApiTokenRow, "tokenId" | "hash"> {
  checkObject("token", token);
  checkKeys("token", token, KEYS);
  const { requestsPerMinute: rate, expiresAt } = token;
  const expires = expiresAt === undefined ? null : parseDate("token.expiresAt", expiresAt);
  if (expires !== null && expires <= now) throw invalidArgument("token.expiresAt", "must be in the future");
  return {
    name: parseText("token.name", token.name),
    scopes: JSON.stringify(parseScopes(token.scopes)),
    teamId: parseOptionalText("token.teamId", token.teamId),
    requestsPerMinute: rate === undefined ? null : parseInteger("token.requestsPerMinute", rate, 1, MAX_RATE),
    expiresAt: expires,
    actor: parseText("token.actor", token.actor),
    createdAt: now,
    revokedAt: null,
    revokeActor: null,
    revokeReason: null,
  };
}

/** Each once, in the order of the list of all. */
function parseScopes(scopes: unknown): string[] {
  if (!Array.isArray(scopes) || scopes.length === 0) {
    const wanted = `must be an array of at least one of ${API_TOKEN_SCOPES.join(", ")}`;
    throw invalidArgument("token.scopes", `${wanted}; got ${describeShape(scopes)}`);
  }
  const given = new Set(scopes.map((scope, n) => parseChoice(`token.scopes[${n}]`, scope, API_TOKEN_SCOPES)));
  return API_TOKEN_SCOPES.filter((scope) => given.has(scope));
}

/** @throws `invalid_argument` */
export function parseRevocation(
  tokenId: unknown,
  revocation: ApiTokenRevocation,
): { readonly tokenId: string; readonly actor: string; readonly reason: string | null } {
  if (!isTokenId(tokenId)) {
    throw invalidArgument(
      "tokenId",
      `must be 16 hexadecimal digits, got ${describeShape(tokenId)}`,
      "List the tokens.",
    );
  }
  checkObject("revocation", revocation);
  checkKeys("revocation", revocation, ["actor", "reason"] satisfies (keyof ApiTokenRevocation)[]);
  return {
    tokenId,
    actor: parseText("revocation.actor", revocation.actor),
    reason: parseOptionalText("revocation.reason", revocation.reason),
  };
}

/** @returns whether revoked ones are wanted too. @throws `invalid_argument` */
export function parseTokensOptions(options: { readonly revoked?: boolean | undefined } = {}): boolean {
  checkObject("options", options);
  checkKeys("options", options, ["revoked"]);
  return options.revoked === undefined ? false : parseBoolean("options.revoked", options.revoked);
}
