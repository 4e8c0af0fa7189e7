import type {
  ApiToken,
  ApiTokenInForce,
  ApiTokenRevocation,
  CreatedApiToken,
  NewApiToken,
  RevokedApiToken,
} from "./record.js";

/** The tokens of a gateway: who may send to the store and read from it over HTTP. */
export interface ApiTokenStore {
  /**
   * In force when it resolves, for every process that has the store open.
   * @throws `invalid_argument`, also for a time in the past
   */
  create(token: NewApiToken): Promise<CreatedApiToken>;
  /**
   * Refused from then on, by every process that has the store open.
   * @throws `not_found`; `conflict` when it was revoked before; `invalid_argument`
   */
  revoke(tokenId: string, revocation: ApiTokenRevocation): Promise<RevokedApiToken>;
  /**
   * By `createdAt`, oldest first, then by `tokenId`.
   * @param options `revoked`: also those no longer in force; default false
   * @throws `invalid_argument`
   */
  list(options?: { readonly revoked?: boolean | undefined }): Promise<ApiToken[]>;
  /**
   * Finds the token that a client sent. Compares in constant time.
   * @returns `undefined` for a secret that is unknown, expired or revoked, and for what is none
   */
  verify(secret: string): Promise<ApiTokenInForce | undefined>;
}
