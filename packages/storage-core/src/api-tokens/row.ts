import type { Condition } from "../records/condition.js";
import type { ApiToken, ApiTokenScope, RevokedApiToken } from "./record.js";

/** An API token as backends store it: checked, times in milliseconds, absent members `null`. */
export interface ApiTokenRow {
  readonly tokenId: string;
  /** SHA-256 of the secret, in lower-case hexadecimal. */
  readonly hash: string;
  readonly name: string;
  /** JSON array of names. */
  readonly scopes: string;
  readonly teamId: string | null;
  readonly requestsPerMinute: number | null;
  readonly expiresAt: number | null;
  readonly actor: string;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  readonly revokeActor: string | null;
  readonly revokeReason: string | null;
}

export const TOKEN_IN_FORCE: Condition<ApiTokenRow> = { member: "revokedAt", isNull: true };

/** The scopes of a row, in the order of the list of all. */
export function scopesOf({ scopes }: Pick<ApiTokenRow, "scopes">): ApiTokenScope[] {
  return JSON.parse(scopes) as ApiTokenScope[];
}

/** The public form of a row; the hash stays behind. */
export function toApiToken(row: ApiTokenRow): ApiToken {
  const { teamId, requestsPerMinute, expiresAt, revokedAt, revokeActor, revokeReason } = row;
  const stored = {
    tokenId: row.tokenId,
    name: row.name,
    scopes: scopesOf(row),
    ...(teamId !== null && { teamId }),
    ...(requestsPerMinute !== null && { requestsPerMinute }),
    ...(expiresAt !== null && { expiresAt: new Date(expiresAt) }),
    actor: row.actor,
    createdAt: new Date(row.createdAt),
  };
  if (revokedAt === null || revokeActor === null) return { ...stored, state: "in_force" };
  const revocation: RevokedApiToken["revocation"] = {
    actor: revokeActor,
    ...(revokeReason !== null && { reason: revokeReason }),
    revokedAt: new Date(revokedAt),
  };
  return { ...stored, state: "revoked", revocation };
}
