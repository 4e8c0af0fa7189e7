import type { KeyedTable } from "../records/keyed-table.js";
import { tokenErrors } from "./errors.js";
import { parseRevocation, parseToken, parseTokensOptions } from "./parse.js";
import type { ApiTokenInForce, RevokedApiToken } from "./record.js";
import { recordCreated, recordRevoked } from "./recorded.js";
import { type ApiTokenRow, TOKEN_IN_FORCE, toApiToken } from "./row.js";
import { hasHash, hashSecret, makeSecret, tokenIdOf } from "./secret.js";
import type { ApiTokenStore } from "./store.js";

/** Implements the rules of {@link ApiTokenStore} on a backend's table. */
export function createApiTokenStore(table: KeyedTable<ApiTokenRow>): ApiTokenStore {
  return {
    async create(token) {
      const { tokenId, secret } = makeSecret();
      const row = { tokenId, hash: hashSecret(secret), ...parseToken(token, await table.now()) };
      if (!(await table.insert(row, recordCreated(undefined, row, row.createdAt)))) throw tokenErrors.taken();
      return { token: toApiToken(row) as ApiTokenInForce, secret };
    },

    async revoke(tokenId, revocation) {
      const { tokenId: id, actor, reason } = parseRevocation(tokenId, revocation);
      const revoked = await table.replace(
        id,
        (stored, now) => {
          if (stored === undefined) throw tokenErrors.unknown();
          if (stored.revokedAt !== null) throw tokenErrors.revoked();
          return { ...stored, revokedAt: now, revokeActor: actor, revokeReason: reason };
        },
        recordRevoked,
      );
      return toApiToken(revoked as ApiTokenRow) as RevokedApiToken;
    },

    async list(options) {
      const where = parseTokensOptions(options) ? undefined : TOKEN_IN_FORCE;
      const rows = await table.list({ where, order: { by: ["createdAt", "tokenId"] } });
      return rows.map(toApiToken);
    },

    async verify(secret) {
      const tokenId = tokenIdOf(secret);
      const row = tokenId === undefined ? undefined : await table.find(tokenId);
      if (row === undefined || !hasHash(secret, row.hash) || row.revokedAt !== null) return undefined;
      if (row.expiresAt !== null && row.expiresAt <= (await table.now())) return undefined;
      return toApiToken(row) as ApiTokenInForce;
    },
  };
}
