import type { ApiTokenStore } from "@agent-assembly/storage-core";
import type { CaseId } from "../cases/index.js";
import { type Mutant, mutant, override } from "./mutant.js";

function tokenMutant(name: string, caseId: CaseId, members: (sound: ApiTokenStore) => Partial<ApiTokenStore>): Mutant {
  return mutant(name, caseId, (sound) =>
    sound.apiTokens === undefined ? sound : override(sound, "apiTokens", members(sound.apiTokens)),
  );
}

/** Defects of the tokens of a gateway. */
export const apiTokenMutants: readonly Mutant[] = [
  tokenMutant("forgets tokens that were revoked", "access.tokens.register", (sound) => ({ list: () => sound.list() })),
  tokenMutant("knows a token by its id only", "access.tokens.verify", (sound) => ({
    async verify(secret) {
      const id = /^aasm_([0-9a-f]{16})_/.exec(String(secret))?.[1];
      const found = (await sound.list()).find(({ tokenId }) => tokenId === id);
      return found?.state === "in_force" ? found : undefined;
    },
  })),
  tokenMutant("takes a secret with space around it", "access.tokens.verify", (sound) => ({
    verify: (secret) => sound.verify(typeof secret === "string" ? secret.trim() : secret),
  })),
  tokenMutant("lets tokens never expire", "access.tokens.expiry", (sound) => ({
    create: ({ expiresAt: _, ...token }) => sound.create(token),
  })),
  tokenMutant("verifies a token again from memory", "access.tokens.revoked", (sound) => {
    const seen = new Map<string, Awaited<ReturnType<ApiTokenStore["verify"]>>>();
    return {
      async verify(secret) {
        const known = seen.get(secret);
        if (known !== undefined) return known;
        const found = await sound.verify(secret);
        if (found !== undefined) seen.set(secret, found);
        return found;
      },
    };
  }),
  tokenMutant("takes a token without scopes as one for all", "access.tokens.refusals", (sound) => ({
    create: (token) =>
      sound.create(token !== null && token.scopes?.length === 0 ? { ...token, scopes: ["admin"] } : token),
  })),
  tokenMutant("does not say why a token was revoked", "access.tokens.recorded", (sound) => ({
    revoke: async (tokenId, { reason, ...revocation }) => {
      const revoked = await sound.revoke(tokenId, revocation);
      return { ...revoked, revocation: { ...revoked.revocation, ...(reason !== undefined && { reason }) } };
    },
  })),
];
