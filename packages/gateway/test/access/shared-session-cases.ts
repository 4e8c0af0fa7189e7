import type { AgentStorage } from "@agent-assembly/storage";
import { expect, test } from "vitest";
import { createGateway } from "../../src/create-gateway.js";
import type { Gateway } from "../../src/gateway.js";
import { createToken } from "../support/gateway.js";

const ORIGIN = "http://127.0.0.1:7391";
const PAGE = { "content-type": "application/json", "x-aasm": "1", origin: ORIGIN };
export const KEY = "0123456789abcdef0123456789abcdef";

function send(gateway: Gateway, method: string, path: string, headers: Record<string, string>, body?: object) {
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return gateway.fetch(new Request(`${ORIGIN}${path}`, init));
}

function login(gateway: Gateway, token: string): Promise<Response> {
  return send(gateway, "POST", "/api/v1/session", PAGE, { token });
}

async function cookieOf(answer: Response): Promise<string> {
  expect(answer.status).toBe(200);
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] as string;
}

const whoami = (gateway: Gateway, cookie: string): Promise<Response> =>
  send(gateway, "GET", "/api/v1/whoami", { cookie });

/** Sessions that two gateways share. @param open two connections to one store, closed after the test */
export function sharedSessionCases(open: () => Promise<readonly [AgentStorage, AgentStorage]>): void {
  const pair = async (now?: () => number): Promise<[Gateway, Gateway, AgentStorage]> => {
    const [one, two] = await open();
    const options = { sessionKey: KEY, ...(now !== undefined && { now }) };
    return [createGateway(one, options), createGateway(two, options), one];
  };

  test("a link that one gateway makes begins a session at another, which is good at both", async () => {
    const [one, two] = await pair();
    const cookie = await cookieOf(await login(two, one.link("ann")));
    for (const gateway of [one, two])
      expect(await (await whoami(gateway, cookie)).json()).toMatchObject({ name: "ann" });
  });

  test("a link is good once, also when it is used at all of them at once", async () => {
    const [one, two, storage] = await pair();
    const link = one.link("ann");
    const answers = await Promise.all([one, two, one, two, two].map((gateway) => login(gateway, link)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401, 401]);
    expect((await login(two, link)).status).toBe(401);
    const { items } = await storage.audit.query({ action: "governance" });
    const begun = items.filter(({ payload }) => JSON.stringify(payload).includes("session.began"));
    expect(begun.filter(({ payload }) => JSON.stringify(payload).includes('"ann"')).length).toBeGreaterThan(0);
    expect(JSON.stringify(items)).not.toContain(link);
  });

  test("revoking the token ends its sessions everywhere at once", async () => {
    const [one, two, storage] = await pair();
    const token = await createToken(storage, { name: "bob", scopes: ["read"] });
    const cookie = await cookieOf(await login(one, token));
    expect(Buffer.from(cookie.split("=")[1] ?? "", "base64url").toString()).not.toContain(token);
    expect(await (await whoami(two, cookie)).json()).toMatchObject({ name: "bob", scopes: ["read"] });
    await storage.apiTokens?.revoke(token.split("_")[1] as string, { actor: "test" });
    for (const gateway of [one, two]) expect((await whoami(gateway, cookie)).status).toBe(401);
  });

  test("who logs out at one is logged out at all", async () => {
    const [one, two] = await pair();
    const cookie = await cookieOf(await login(one, one.link("ann")));
    const other = await cookieOf(await login(one, one.link("ann")));
    expect((await send(two, "DELETE", "/api/v1/session", { ...PAGE, cookie })).status).toBe(204);
    for (const gateway of [one, two]) expect((await whoami(gateway, cookie)).status).toBe(401);
    expect((await whoami(one, other)).status).toBe(200);
  });

  test("links and sessions end after their time", async () => {
    let now = Date.now();
    const [one, two] = await pair(() => now);
    const [early, late] = [one.link("ann"), one.link("ann")];
    now += 15 * 60_000 - 1;
    const cookie = await cookieOf(await login(two, early));
    now += 1;
    expect((await login(two, late)).status).toBe(401);
    now += 12 * 3_600_000 - 2;
    expect((await whoami(one, cookie)).status).toBe(200);
    now += 1;
    expect((await whoami(one, cookie)).status).toBe(401);
  });
}
