import assert from "node:assert/strict";
import type { ApiTokenStore, NewApiToken, StorageBackend } from "@agent-assembly/storage-core";
import { type CaseContext, type ContractCase, defineCases } from "../contract-case.js";
import type { CreateOptions } from "../harness.js";
import { rejects } from "../support/assert.js";
import { ANY_TIME, NOW } from "../support/fixtures.js";
import { assertUnsupported } from "./durability.js";
import { changesOf, governanceEvents, recordOf } from "./governance/support.js";

const TOKEN: NewApiToken = { name: "collector", scopes: ["ingest"], actor: "ann" };
const SECRET = /^aasm_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
const UNKNOWN_ID = "0123456789abcdef";

/** Tokens that cannot be, and what the refusal must name. */
const BAD: [unknown, RegExp][] = [
  [null, /token must be an object/],
  [{ ...TOKEN, name: "" }, /token\.name/],
  [{ ...TOKEN, name: "x".repeat(513) }, /token\.name/],
  [{ scopes: ["read"], actor: "ann" }, /token\.name/],
  [{ ...TOKEN, actor: undefined }, /token\.actor/],
  [{ ...TOKEN, scopes: [] }, /token\.scopes must be an array of at least one of ingest/],
  [{ ...TOKEN, scopes: "read" }, /token\.scopes/],
  [{ ...TOKEN, scopes: ["read", "raed"] }, /token\.scopes\[1\].*Did you mean "read"/],
  [{ ...TOKEN, teamId: "" }, /token\.teamId/],
  [{ ...TOKEN, requestsPerMinute: 0 }, /token\.requestsPerMinute/],
  [{ ...TOKEN, requestsPerMinute: 1.5 }, /token\.requestsPerMinute/],
  [{ ...TOKEN, expiresAt: "2030-01-01" }, /token\.expiresAt must be a valid Date/],
  [{ ...TOKEN, expiresAt: new Date(NOW) }, /token\.expiresAt must be in the future/],
  [{ ...TOKEN, secret: "mine" }, /unknown key "secret"/],
];

/** The role, of a backend that has the capability. */
function apiTokensOf({ apiTokens }: StorageBackend): ApiTokenStore {
  return apiTokens ?? assert.fail("the capability apiTokens is declared, and there is no apiTokens");
}

/** A case on the role; a backend without the capability must not have it. */
function tokenCase<const Id extends string>(
  id: Id,
  title: string,
  run: (tokens: ApiTokenStore, backend: StorageBackend, context: CaseContext) => Promise<void>,
  options: CreateOptions = { ...ANY_TIME, clock: () => NOW },
) {
  return {
    id,
    title,
    requires: "apiTokens",
    async run(context) {
      const backend = await context.storage(options);
      await run(apiTokensOf(backend), backend, context);
    },
    async refusal({ storage }) {
      const backend = await storage(options);
      assertUnsupported(backend, "apiTokens");
      assert.equal(backend.apiTokens, undefined);
    },
  } as const satisfies ContractCase;
}

let time = NOW;

/** The tokens of a gateway: who holds one, until when, and that its secret is stored nowhere. */
export const apiTokenCases = defineCases([
  tokenCase(
    "access.tokens.register",
    "tokens read back as created, oldest first, without their secrets, and stay recorded when they are revoked",
    async (tokens) => {
      assert.deepEqual(await tokens.list(), []);
      const given: NewApiToken[] = [
        TOKEN,
        { ...TOKEN, name: "ann's laptop é😀", scopes: ["policy", "read", "policy"], teamId: "red" },
        { ...TOKEN, requestsPerMinute: 600, expiresAt: new Date(NOW + 60_000) },
      ];
      const created = [];
      for (const token of given) created.push(await tokens.create(token));
      for (const [n, { token, secret }] of created.entries()) {
        const { tokenId, state, createdAt, ...members } = token;
        assert.deepEqual([SECRET.exec(secret)?.[1], state, createdAt], [tokenId, "in_force", new Date(NOW)]);
        assert.deepEqual(members, n === 1 ? { ...given[1], scopes: ["read", "policy"] } : given[n]);
      }
      assert.equal(new Set(created.map(({ secret }) => secret)).size, 3);
      const listed = created.map(({ token }) => token).toSorted((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
      assert.deepEqual(await tokens.list(), listed);
      const stored = JSON.stringify(await tokens.list({ revoked: true }));
      for (const { secret } of created) assert.ok(!stored.includes(secret.slice(-43)));

      const { token } = created[1] ?? assert.fail();
      const revoked = await tokens.revoke(token.tokenId, { actor: "bob", reason: "lost" });
      const revocation = { actor: "bob", reason: "lost", revokedAt: new Date(NOW) };
      assert.deepEqual(revoked, { ...token, state: "revoked", revocation });
      assert.deepEqual(
        await tokens.list(),
        listed.filter((one) => one !== token),
      );
      assert.deepEqual(
        await tokens.list({ revoked: true }),
        listed.map((one) => (one === token ? revoked : one)),
      );
    },
  ),
  tokenCase(
    "access.tokens.verify",
    "a secret finds its token; one that differs in a character, and what is none, finds nothing",
    async (tokens) => {
      const { token, secret } = await tokens.create(TOKEN);
      const other = await tokens.create({ ...TOKEN, name: "other" });
      assert.deepEqual(await tokens.verify(secret), token);
      assert.deepEqual(await tokens.verify(other.secret), other.token);
      const end = secret.slice(22);
      const wrong: unknown[] = [
        `${secret.slice(0, -1)}${secret.endsWith("A") ? "E" : "A"}`,
        `aasm_${other.token.tokenId}_${end}`,
        `aasm_${UNKNOWN_ID}_${end}`,
        secret.toUpperCase(),
        `${secret} `,
        ` ${secret}`,
        secret.slice(0, -1),
        `${secret}A`,
        token.tokenId,
        "",
        "a".repeat(100_000),
        undefined,
        null,
        7,
        { toString: () => secret },
      ];
      for (const secret of wrong) assert.equal(await tokens.verify(secret as string), undefined);
    },
  ),
  tokenCase(
    "access.tokens.expiry",
    "a token is refused from the instant at which it expires, and stays in the list",
    async (tokens) => {
      time = NOW;
      const { token, secret } = await tokens.create({ ...TOKEN, expiresAt: new Date(NOW + 1000) });
      time = NOW + 999;
      assert.deepEqual(await tokens.verify(secret), token);
      time = NOW + 1000;
      assert.equal(await tokens.verify(secret), undefined);
      assert.deepEqual(await tokens.list(), [token]);
    },
    { ...ANY_TIME, clock: () => time },
  ),
  tokenCase(
    "access.tokens.revoked",
    "a revoked token is refused at once, on every handle of the store, and others are not",
    async (tokens, backend, { harness }) => {
      const shared = backend.capabilities.multiProcess.status !== "unsupported";
      const second = shared ? await harness.second?.(backend, { ...ANY_TIME, clock: () => NOW }) : undefined;
      assert.ok(!shared || second !== undefined, `the harness ${harness.name} must bring second for a shared store`);
      const handles = [tokens, ...(second === undefined ? [] : [apiTokensOf(second)])];
      const { token, secret } = await tokens.create(TOKEN);
      const kept = await tokens.create({ ...TOKEN, name: "kept" });
      for (const handle of handles) assert.deepEqual(await handle.verify(secret), token);
      await (handles.at(-1) as ApiTokenStore).revoke(token.tokenId, { actor: "bob" });
      for (const handle of handles) {
        assert.equal(await handle.verify(secret), undefined);
        assert.deepEqual(await handle.verify(kept.secret), kept.token);
      }
    },
  ),
  tokenCase(
    "access.tokens.refusals",
    "bad tokens and revocations are refused with the name of the member; a token is revoked once",
    async (tokens) => {
      for (const [token, message] of BAD) {
        await rejects(() => tokens.create(token as NewApiToken), "invalid_argument", message);
      }
      assert.deepEqual(await tokens.list({ revoked: true }), []);
      const { token } = await tokens.create(TOKEN);
      for (const [revocation, message] of [
        [undefined, /revocation must be an object/],
        [{ reason: "r" }, /revocation\.actor/],
        [{ actor: "bob", reason: "" }, /revocation\.reason/],
        [{ actor: "bob", why: "x" }, /unknown key "why"/],
      ] as const) {
        await rejects(() => tokens.revoke(token.tokenId, revocation as never), "invalid_argument", message);
      }
      for (const id of ["7", token.tokenId.toUpperCase().padEnd(17, "0"), undefined]) {
        const refused = { message: /must be 16 hexadecimal digits/, option: "tokenId" };
        await rejects(() => tokens.revoke(id as string, { actor: "bob" }), "invalid_argument", refused);
      }
      await rejects(() => tokens.revoke(UNKNOWN_ID, { actor: "bob" }), "not_found", /token/);
      await rejects(() => tokens.list({ revoked: 1 as never }), "invalid_argument", /revoked/);
      await rejects(() => tokens.list({ all: true } as never), "invalid_argument", /unknown key/);
      assert.deepEqual(await tokens.list(), [token]);
      const revoked = await tokens.revoke(token.tokenId, { actor: "bob" });
      await rejects(() => tokens.revoke(token.tokenId, { actor: "eve", reason: "again" }), "conflict", /revoked/);
      assert.deepEqual(await tokens.list({ revoked: true }), [revoked]);
    },
  ),
  tokenCase(
    "access.tokens.recorded",
    "creating and revoking a token is one event each, with what it allows, who and why, and nothing of its secret",
    async (tokens, { audit }) => {
      const expiresAt = new Date(NOW + 60_000);
      const { token, secret } = await tokens.create({ ...TOKEN, teamId: "red", requestsPerMinute: 60, expiresAt });
      const { tokenId } = token;
      await tokens.revoke(tokenId, { actor: "bob", reason: "lost" });
      await rejects(() => tokens.revoke(tokenId, { actor: "eve" }), "conflict");
      await rejects(() => tokens.create({ ...TOKEN, scopes: [] }), "invalid_argument");
      assert.deepEqual(await changesOf(audit), ["token.created", "token.revoked"]);
      const subject = { tokenId, name: "collector" };
      const rights = { scopes: ["ingest"], teamId: "red", requestsPerMinute: 60, expiresAt: expiresAt.toISOString() };
      assert.deepEqual(await recordOf(audit, "token.created"), {
        ...{ change: "token.created", subject, after: rights, actor: "ann" },
      });
      assert.deepEqual(await recordOf(audit, "token.revoked"), {
        ...{ change: "token.revoked", subject, before: rights, actor: "bob", reason: "lost" },
      });
      const events = await governanceEvents(audit);
      assert.ok(events.every(({ teamId }) => teamId === "red"));
      assert.ok(!JSON.stringify(events).includes(secret.slice(-43)));
    },
  ),
]);
