import { expect, test } from "vitest";
import { TestGateway } from "../support/gateway.js";

const ORIGIN = "http://127.0.0.1:7391";
const PAGE = { "content-type": "application/json", "x-aasm": "1", origin: ORIGIN };

function login(gateway: TestGateway, token: unknown, headers: Record<string, string> = PAGE): Promise<Response> {
  return gateway.send("POST /api/v1/session", { headers, body: JSON.stringify({ token }) });
}

async function cookieOf(answer: Response): Promise<string> {
  expect(answer.status).toBe(200);
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] as string;
}

test("a link's token is traded once for a cookie that no script reads", async () => {
  await using gateway = await TestGateway.open();
  const token = gateway.gateway.link("ann");
  const answer = await login(gateway, token);
  expect(await answer.clone().json()).toEqual({
    name: "ann",
    scopes: ["ingest", "read", "approve", "policy", "admin"],
  });
  expect(answer.headers.get("set-cookie")).toMatch(
    /^aasm_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const cookie = await cookieOf(answer);
  const whoami = await gateway.send("/api/v1/whoami", { headers: { cookie: `other=1; ${cookie}` } });
  expect(await whoami.json()).toMatchObject({ name: "ann" });
  expect(whoami.headers.get("cache-control")).toBe("no-store");

  const again = await login(gateway, token);
  expect(again.status).toBe(401);
  expect(again.headers.get("set-cookie")).toBeNull();
});

test("with TLS the cookie is bound to the host and never sent in plain text", async () => {
  await using gateway = await TestGateway.open({ publicUrl: "https://audit.example.com" });
  const headers = { ...PAGE, origin: "https://audit.example.com", host: "audit.example.com" };
  const answer = await login(gateway, gateway.gateway.link(), headers);
  expect(answer.headers.get("set-cookie")).toMatch(
    /^__Host-aasm_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const cookie = await cookieOf(answer);
  expect((await gateway.send("/api/v1/whoami", { headers: { cookie } })).status).toBe(200);
});

test("a link is good for a quarter of an hour, and a session for twelve", async () => {
  let now = Date.now();
  await using gateway = await TestGateway.open({ now: () => now });
  const [early, late] = [gateway.gateway.link(), gateway.gateway.link()];
  now += 15 * 60_000 - 1;
  const cookie = await cookieOf(await login(gateway, early));
  now += 1;
  expect((await login(gateway, late)).status).toBe(401);
  const whoami = async () => (await gateway.send("/api/v1/whoami", { headers: { cookie } })).status;
  now += 12 * 3_600_000 - 2;
  expect(await whoami()).toBe(200);
  now += 1;
  expect(await whoami()).toBe(401);
});

test("an API token begins a session with its rights, which ends when it is revoked", async () => {
  await using gateway = await TestGateway.open();
  const token = await gateway.token({ name: "bob", scopes: ["read"], teamId: "red" });
  const cookie = await cookieOf(await login(gateway, token));
  const whoami = () => gateway.send("/api/v1/whoami", { headers: { cookie } });
  expect(await (await whoami()).json()).toEqual({ name: "bob", scopes: ["read"], teamId: "red" });
  await gateway.storage.apiTokens?.revoke(token.split("_")[1] as string, { actor: "test" });
  expect((await whoami()).status).toBe(401);
});

test("what is no token begins no session", async () => {
  await using gateway = await TestGateway.open();
  await gateway.token();
  for (const token of ["", "x", "a".repeat(43)]) expect((await login(gateway, token)).status).toBe(401);
  for (const token of [undefined, 7, null, ["x"]]) {
    const answer = await login(gateway, token);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_argument", option: "token" });
  }
  const broken = await gateway.send("POST /api/v1/session", { headers: PAGE, body: "{" });
  expect(broken.status).toBe(400);
  const large = await gateway.send("POST /api/v1/session", { headers: PAGE, body: " ".repeat(5000) });
  expect(large.status).toBe(413);
});

test("a change by cookie needs X-Aasm and an Origin, so that no other page makes it", async () => {
  await using gateway = await TestGateway.open();
  const cookie = await cookieOf(await login(gateway, gateway.gateway.link()));
  const end = (headers: Record<string, string>) =>
    gateway.send("DELETE /api/v1/session", { headers: { cookie, ...headers } });
  for (const headers of [{}, { "x-aasm": "1" }, { origin: ORIGIN }, { origin: ORIGIN, "x-aasm": "true" }]) {
    const refused = await end(headers);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: "forbidden" });
  }
  const evil = await end({ "x-aasm": "1", origin: "https://evil.example" });
  expect(evil.status).toBe(403);
  expect((await gateway.send("/api/v1/whoami", { headers: { cookie } })).status).toBe(200);

  const ended = await end({ "x-aasm": "1", origin: ORIGIN });
  expect(ended.status).toBe(204);
  expect(ended.headers.get("set-cookie")).toMatch(/^aasm_session=; Max-Age=0; Path=\//);
  expect((await gateway.send("/api/v1/whoami", { headers: { cookie } })).status).toBe(401);
});

test("another site's page cannot log a browser in", async () => {
  await using gateway = await TestGateway.open();
  const token = gateway.gateway.link();
  expect((await login(gateway, token, { origin: ORIGIN })).status).toBe(403);
  expect((await login(gateway, token, { ...PAGE, origin: "https://evil.example" })).status).toBe(403);
  expect((await login(gateway, token, { ...PAGE, origin: "null" })).status).toBe(403);
  expect((await login(gateway, token)).status).toBe(200);
});

test("a link is made for who knows the key of the process, where it has one", async () => {
  await using gateway = await TestGateway.open({ linkKey: "key of the process", linkName: "ann" });
  const ask = (key: string) =>
    gateway.send("POST /api/v1/session/link", { headers: { authorization: `Bearer ${Buffer.from(key).toString()}` } });
  expect((await ask("another")).status).toBe(401);
  expect((await gateway.send("POST /api/v1/session/link", { headers: { "x-api-key": "" } })).status).toBe(401);
  const made = await gateway.send("POST /api/v1/session/link", { headers: { "x-api-key": "key of the process" } });
  const { token } = (await made.json()) as { token: string };
  expect(await (await login(gateway, token)).json()).toMatchObject({ name: "ann" });

  await using without = await TestGateway.open();
  const headers = { "x-api-key": "" };
  expect((await without.send("POST /api/v1/session/link", { headers })).status).toBe(404);
});

test("sessions are bounded: the oldest ends", async () => {
  await using gateway = await TestGateway.open();
  const first = await cookieOf(await login(gateway, gateway.gateway.link()));
  for (let n = 0; n < 1000; n++) expect((await login(gateway, gateway.gateway.link())).status).toBe(200);
  expect((await gateway.send("/api/v1/whoami", { headers: { cookie: first } })).status).toBe(401);
});
