import { Hono } from "hono";
import { expect, test } from "vitest";
import { requireScope } from "../../src/access/require-scope.js";
import type { GatewayRoutes } from "../../src/compose.js";
import type { GatewayEnv } from "../../src/context.js";
import { TestGateway } from "../support/gateway.js";

/** `POST /v1/scoped` and `GET /v1/scoped`, which say who asked. */
const SCOPED: GatewayRoutes = {
  otlp: () => {
    const routes = new Hono<GatewayEnv>();
    routes.post("/v1/scoped", requireScope("ingest"), (c) => {
      const { name, scopes, teamId } = c.var.identity;
      return c.json({ name, scopes: [...scopes], teamId });
    });
    routes.get("/v1/scoped", requireScope("read", "admin"), (c) => c.text(c.var.identity.name));
    return routes;
  },
};

const open = (options = {}) => TestGateway.open(options, SCOPED);

test("a token is taken as Bearer, x-api-key or the password of Basic", async () => {
  await using gateway = await open();
  const token = await gateway.token({ name: "collector", scopes: ["ingest"], teamId: "red" });
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
  for (const headers of [
    { authorization: `Bearer ${token}` },
    { authorization: `bearer  ${token} ` },
    { "x-api-key": token },
    { authorization: basic(`any:${token}`) },
    { authorization: basic(`:${token}`) },
  ]) {
    const answer = await gateway.send("POST /v1/scoped", { headers });
    expect(await answer.json()).toEqual({ name: "collector", scopes: ["ingest"], teamId: "red" });
  }
});

test("without a valid token the answer is 401, the same for every kind of invalid one", async () => {
  await using gateway = await open();
  const token = await gateway.token();
  const revoked = await gateway.token({ name: "revoked" });
  await gateway.storage.apiTokens?.revoke(revoked.split("_")[1] as string, { actor: "test" });
  const details = new Set<string>();
  for (const headers of [
    { authorization: `Bearer ${token.slice(0, -1)}` },
    { authorization: `Bearer ${revoked}` },
    { authorization: "Bearer" },
    { authorization: `Digest ${token}` },
    { authorization: token },
    { "x-api-key": "" },
    { authorization: `Basic ${Buffer.from(token).toString("base64")}` },
    { authorization: "Bearer 0", "x-api-key": token },
  ]) {
    const answer = await gateway.send("POST /v1/scoped", { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer /);
    const text = await answer.text();
    expect(text).not.toContain(token.slice(5, 21));
    details.add((JSON.parse(text) as { detail: string }).detail);
  }
  expect([...details]).toEqual(["the token is unknown, expired or revoked"]);
  const none = await gateway.send("POST /v1/scoped");
  expect(none.status).toBe(401);
  expect(await none.json()).toMatchObject({ code: "unauthenticated", detail: "the request carries no token" });
});

test("a token without the scope is 403, and one with one of several is enough", async () => {
  await using gateway = await open();
  const authorization = `Bearer ${await gateway.token({ scopes: ["read"] })}`;
  const refused = await gateway.send("POST /v1/scoped", { headers: { authorization } });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ code: "forbidden", detail: "the token lacks the scope ingest" });
  expect((await gateway.send("/v1/scoped", { headers: { authorization } })).status).toBe(200);
});

test("a token is refused once it is revoked or has expired, without a restart", async () => {
  await using gateway = await open();
  const lasting = await gateway.token();
  const short = await gateway.token({ expiresAt: new Date(Date.now() + 300) });
  const status = async (token: string) =>
    (await gateway.send("/v1/scoped", { headers: { "x-api-key": token } })).status;
  expect(await status(lasting)).toBe(200);
  await expect.poll(() => status(short)).toBe(401);
  await gateway.storage.apiTokens?.revoke(lasting.split("_")[1] as string, { actor: "test", reason: "lost" });
  expect(await status(lasting)).toBe(401);
});

test("requests above the rate of a token are 429 with a short wait; the tokens of a team share it", async () => {
  await using gateway = await open();
  const members = { scopes: ["read"], teamId: "red", requestsPerMinute: 3 } as const;
  const [one, other] = [await gateway.token(members), await gateway.token(members)];
  const free = await gateway.token({ teamId: "red" });
  const send = (token: string) => gateway.send("/v1/scoped", { headers: { "x-api-key": token } });
  for (const token of [one, other, one]) expect((await send(token)).status).toBe(200);
  for (const token of [one, other]) {
    const refused = await send(token);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^[123]$/);
    expect(await refused.json()).toMatchObject({ code: "rate_limited", retryable: true });
  }
  expect((await send(free)).status).toBe(200);
});

test("without tokens a gateway of this machine allows what it was told to, until the first token is created", async () => {
  await using gateway = await open({ anonymous: ["ingest"] });
  const sent = await gateway.send("POST /v1/scoped");
  expect(await sent.json()).toEqual({ name: "loopback", scopes: ["ingest"] });
  expect((await gateway.send("/v1/scoped")).status).toBe(401);
  expect((await gateway.send("POST /v1/scoped", { headers: { "x-api-key": "wrong" } })).status).toBe(401);
  expect((await gateway.send("POST /v1/scoped", { headers: { "x-forwarded-for": "203.0.113.7" } })).status).toBe(401);

  const token = await gateway.token();
  expect((await gateway.send("POST /v1/scoped")).status).toBe(401);
  await gateway.storage.apiTokens?.revoke(token.split("_")[1] as string, { actor: "test" });
  expect((await gateway.send("POST /v1/scoped")).status).toBe(401);
});

test("by default nothing is allowed without a token", async () => {
  await using gateway = await open();
  expect((await gateway.send("POST /v1/scoped")).status).toBe(401);
});
