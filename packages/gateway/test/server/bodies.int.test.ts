import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requireScope } from "../../src/access/require-scope.js";
import type { GatewayRoutes } from "../../src/compose.js";
import type { GatewayEnv } from "../../src/context.js";
import type { GatewayServer } from "../../src/server/gateway-server.js";
import { startServer } from "../../src/server/start-server.js";
import { type PlainAnswer, plainRequest, TestServer } from "../support/gateway.js";

const MIB = 1024 * 1024;

/** `POST /v1/size` answers how many bytes it was sent; `POST /v1/hold` keeps them until it is told. */
const held: (() => void)[] = [];
const ROUTES: GatewayRoutes = {
  otlp: ({ bodies }) => {
    const routes = new Hono<GatewayEnv>();
    routes.post("/v1/size", requireScope("ingest"), (c) =>
      bodies.use(c.req.raw, (bytes) => c.text(String(bytes.byteLength))),
    );
    routes.post("/v1/hold", requireScope("ingest"), (c) =>
      bodies.use(c.req.raw, async (bytes) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return c.text(String(bytes.byteLength));
      }),
    );
    return routes;
  },
};

let local: TestServer;
let server: GatewayServer;
beforeAll(async () => {
  local = await TestServer.open();
  server = await startServer(local.storage, { port: 0, anonymous: ["ingest"] }, ROUTES);
});
afterAll(async () => {
  await server?.close();
  await local?.[Symbol.asyncDispose]();
});

const post = (body: Uint8Array, headers: Record<string, string> = {}, path = "/v1/size"): Promise<PlainAnswer> =>
  plainRequest(`${server.url}${path}`, { method: "POST", headers, body });

test("a body is read over a socket, zipped or not", async () => {
  expect(await post(Buffer.alloc(5 * MIB))).toMatchObject({ status: 200, body: String(5 * MIB) });
  const zipped = gzipSync(Buffer.alloc(19 * MIB));
  expect(await post(zipped, { "content-encoding": "gzip" })).toMatchObject({ status: 200, body: String(19 * MIB) });
});

test("30 MB of zeros, zipped, end at the limit, and the memory that they took is bounded", async () => {
  const bomb = gzipSync(Buffer.alloc(30_000_000));
  // What one takes is allocated once.
  await post(bomb, { "content-encoding": "gzip" });
  const before = process.memoryUsage().rss;
  for (let n = 0; n < 20; n++) {
    const refused = await post(bomb, { "content-encoding": "gzip" });
    expect(refused.status).toBe(413);
    expect(JSON.parse(refused.body)).toMatchObject({ code: "too_large", status: 413 });
  }
  // Twenty unzip to 600 MB; what garbage is not collected yet is a fraction of it.
  expect(process.memoryUsage().rss - before).toBeLessThan(120 * MIB);
});

test("a body above the limit is answered before it is sent whole, and the server goes on", async () => {
  const request = httpRequest(`${server.url}/v1/size`, {
    ...{ method: "POST", agent: false },
    headers: { "content-length": String(50 * MIB) },
  });
  request.on("error", () => undefined);
  request.write(Buffer.alloc(MIB));
  const [answer] = (await once(request, "response")) as [import("node:http").IncomingMessage];
  expect(answer.statusCode).toBe(413);
  request.destroy();
  expect((await post(Buffer.alloc(1))).status).toBe(200);
});

test("an unannounced body above the limit is refused while it is sent", async () => {
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.alloc(MIB));
    },
  });
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  const answer = await fetch(`${server.url}/v1/size`, init).then(
    ({ status }) => status,
    // The server may close the connection before the client has read the answer.
    (error: unknown) => (error instanceof TypeError ? 413 : error),
  );
  expect(answer).toBe(413);
  expect((await post(Buffer.alloc(1))).status).toBe(200);
});

test("an encoding that is unknown, or not that of the body, is refused", async () => {
  const unknown = await post(Buffer.from("x"), { "content-encoding": "br" });
  expect(unknown.status).toBe(415);
  expect(unknown.headers["accept-encoding"]).toBe("gzip, deflate, identity");
  expect((await post(Buffer.from("x"), { "content-encoding": "gzip" })).status).toBe(400);
});

test("above the bytes in flight requests are asked to come again, and are taken once others have ended", async () => {
  const holding = [0, 1, 2].map(() => post(Buffer.alloc(19 * MIB), {}, "/v1/hold"));
  await expect.poll(() => held.length).toBe(3);
  const refused = await post(Buffer.alloc(10 * MIB));
  expect(refused.status).toBe(429);
  expect(refused.headers["retry-after"]).toBe("1");
  for (const release of held) release();
  for (const { status } of await Promise.all(holding)) expect(status).toBe(200);
  expect((await post(Buffer.alloc(10 * MIB))).status).toBe(200);
});

test("a sender that goes away gives back what it held", async () => {
  const request = httpRequest(`${server.url}/v1/size`, {
    ...{ method: "POST", agent: false },
    headers: { "content-length": String(10 * MIB) },
  });
  request.on("error", () => undefined);
  request.write(Buffer.alloc(5 * MIB));
  const inFlight = async () => {
    const text = await metrics();
    return Number(/^aasm_http_body_bytes (\d+)$/m.exec(text)?.[1]);
  };
  await expect.poll(inFlight).toBeGreaterThan(0);
  request.destroy();
  await expect.poll(inFlight).toBe(0);
});

/** The metrics of the server, read by a gateway of the same process that shares nothing else with it. */
async function metrics(): Promise<string> {
  const link = server.gateway.link();
  const page = { "x-aasm": "1", "content-type": "application/json", origin: server.url };
  const login = await fetch(`${server.url}/api/v1/session`, {
    ...{ method: "POST", headers: page },
    body: JSON.stringify({ token: link }),
  });
  const cookie = (login.headers.get("set-cookie") ?? "").split(";")[0] as string;
  return (await fetch(`${server.url}/metrics`, { headers: { cookie } })).text();
}
