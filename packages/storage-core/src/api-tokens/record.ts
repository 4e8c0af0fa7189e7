/**
 * What an API token may allow, the scopes of a gateway.
 *
 * | scope | allows |
 * |---|---|
 * | `ingest` | to send events, spans, logs and metrics, to register agents and report their heartbeats |
 * | `read` | to read everything, payloads included |
 * | `approve` | to claim and decide approvals |
 * | `policy` | to save, activate and roll back policies |
 * | `admin` | to change agents, holds and retention |
 */
export const API_TOKEN_SCOPES = ["ingest", "read", "approve", "policy", "admin"] as const;

/** One of {@link API_TOKEN_SCOPES}. */
export type ApiTokenScope = (typeof API_TOKEN_SCOPES)[number];

/** What limits an API token. */
export interface ApiTokenLimits {
  /** Only events of this team may be sent or read. */
  readonly teamId?: string | undefined;
  /** From then on it is refused. */
  readonly expiresAt?: Date | undefined;
  /** Requests within any minute, 1 to 1,000,000; the tokens of a team with the same rate share it. */
  readonly requestsPerMinute?: number | undefined;
}

/** An API token to create. */
export interface NewApiToken extends ApiTokenLimits {
  /** Who or what uses it; the actor of what is changed with it. 1 to 512 characters. */
  readonly name: string;
  /** At least one. */
  readonly scopes: readonly ApiTokenScope[];
  /** Who creates it; 1 to 512 characters. */
  readonly actor: string;
}

interface StoredApiToken extends NewApiToken {
  /** 16 hexadecimal digits, made by the store; part of the secret. */
  readonly tokenId: string;
  readonly createdAt: Date;
}

/** Who revokes a token, and why; each 1 to 512 characters. */
export interface ApiTokenRevocation {
  readonly actor: string;
  readonly reason?: string | undefined;
}

/** A token that was not revoked; it may have expired. */
export interface ApiTokenInForce extends StoredApiToken {
  readonly state: "in_force";
}

/** A token that is refused for good. */
export interface RevokedApiToken extends StoredApiToken {
  readonly state: "revoked";
  readonly revocation: ApiTokenRevocation & { readonly revokedAt: Date };
}

/** An API token without its secret, of which the store has the SHA-256 only. */
export type ApiToken = ApiTokenInForce | RevokedApiToken;

/** A new token, and the secret that is never shown again. */
export interface CreatedApiToken {
  readonly token: ApiTokenInForce;
  /** `aasm_<tokenId>_<32 bytes in base64url>`, what a client sends. */
  readonly secret: string;
}
