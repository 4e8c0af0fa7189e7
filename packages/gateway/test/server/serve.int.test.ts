import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { serve } from "../../src/server/serve.js";
import { startServer } from "../../src/server/start-server.js";
import { createToken, plainRequest, TestServer } from "../support/gateway.js";

test("a server answers on a free port of this machine, and says where", async () => {
  await using server = await TestServer.open({ anonymous: ["read"] });
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await (await fetch(`${server.url}/api/v1/whoami`)).json()).toEqual({ name: "loopback", scopes: ["read"] });
});

test("a request for another host is refused, as a page sends it that points its name at this machine", async () => {
  await using server = await TestServer.open({ anonymous: ["read"] });
  const refused = await plainRequest(`${server.url}/api/v1/whoami`, { headers: { host: "evil.example" } });
  expect(refused.status).toBe(403);
  expect(refused.headers["content-type"]).toBe("application/problem+json");
});

test("a second port serves OTLP alone", async () => {
  await using server = await TestServer.open({ otlpPort: 0, anonymous: ["ingest"] });
  const url = server.server.otlpUrl ?? expect.unreachable("there is no second port");
  expect(url).not.toBe(server.url);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const other = await fetch(`${url}/api/v1/whoami`);
  expect(other.status).toBe(404);
  expect(await other.json()).toMatchObject({ detail: "this port serves OTLP alone" });
});

test("a port in use, and an address that is none, are refused with the option", async () => {
  await using server = await TestServer.open();
  const port = Number(new URL(server.url).port);
  await expect(TestServer.open({ port })).rejects.toMatchObject({ code: "conflict", option: "options.port" });
  await expect(TestServer.open({ otlpPort: port })).rejects.toMatchObject({
    code: "conflict",
    option: "options.otlpPort",
  });
});

test("beyond this machine a server needs a token in force, and TLS here or before it", async () => {
  const publicUrl = "https://audit.example.com";
  for (const host of ["0.0.0.0", "::"]) {
    await expect(TestServer.open({ host, publicUrl })).rejects.toMatchObject({
      code: "invalid_argument",
      option: "options.host",
      message: expect.stringMatching(/there is no token to tell clients by.*aasm token create/),
    });
  }
  await using local = await TestServer.open();
  const { storage } = local;
  const expired = await createToken(storage, { expiresAt: new Date(Date.now() + 50) });
  await expect.poll(() => storage.apiTokens?.verify(expired)).toBeUndefined();
  const open = (options = {}) => serve(storage, { host: "0.0.0.0", port: 0, ...options });
  await expect(open({ publicUrl })).rejects.toThrow(/there is no token/);
  await createToken(storage);
  await expect(open()).rejects.toMatchObject({ message: expect.stringMatching(/in plain text/) });
  await expect(open({ publicUrl: "http://audit.example.com" })).rejects.toThrow(/in plain text/);

  await using server = await open({ publicUrl, anonymous: ["read"] });
  expect((await fetch(`${server.url}/api/v1/whoami`)).status).toBe(401);
});

test("behind a proxy on this machine every request needs a token", async () => {
  await using server = await TestServer.open({ anonymous: ["read"], publicUrl: "https://audit.example.com" });
  expect((await plainRequest(`${server.url}/api/v1/whoami`)).status).toBe(401);
  const token = await createToken(server.storage);
  const headers = { host: "audit.example.com", authorization: `Bearer ${token}` };
  expect((await plainRequest(`${server.url}/api/v1/whoami`, { headers })).status).toBe(200);
});

test("a store that keeps no tokens is served on this machine alone", async () => {
  await using local = await TestServer.open();
  const { apiTokens: _, ...storage } = local.storage;
  await expect(serve(storage, { host: "0.0.0.0", port: 0 })).rejects.toMatchObject({
    code: "unsupported",
    option: "options.host",
  });
});

/** Sends bytes over a connection of its own. @returns what came back until the server closed it */
async function exchange(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  try {
    socket.write(text);
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
    });
    await once(socket, "close");
    return answer;
  } finally {
    socket.destroy();
  }
}

test("headers of more than 16 KiB, and what is no HTTP, are refused", async () => {
  await using server = await TestServer.open();
  const large = `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${"a".repeat(17_000)}\r\n\r\n`;
  expect(await exchange(server.url, large)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await exchange(server.url, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  const badHost = "GET /healthz HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n";
  const answer = await exchange(server.url, badHost);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain("the request is malformed");
});

test("closing refuses new connections, lets a running request end, and ends streams of events", async () => {
  await using local = await TestServer.open();
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let begun = (): void => undefined;
  const running = new Promise<void>((resolve) => (begun = resolve));
  const server = await startServer(
    local.storage,
    { port: 0 },
    {
      api: ({ closing }) => {
        const routes = new Hono();
        routes.get("/api/v1/slow", async (c) => {
          begun();
          await released;
          return c.text("done");
        });
        routes.get("/api/v1/tail", () => {
          const body = new ReadableStream({
            start(controller) {
              controller.enqueue(Buffer.from("data: 1\n\n"));
              closing.addEventListener("abort", () => controller.close());
            },
          });
          return new Response(body, { headers: { "content-type": "text/event-stream" } });
        });
        return routes as never;
      },
    },
  );
  const tail = await fetch(`${server.url}/api/v1/tail`);
  const slow = fetch(`${server.url}/api/v1/slow`);
  await running;
  const closed = server.close();
  expect(server.close()).toBe(closed);
  expect(await tail.text()).toBe("data: 1\n\n");
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  release();
  expect(await (await slow).text()).toBe("done");
  await closed;
});

test("what does not end in time is cut off", async () => {
  await using local = await TestServer.open();
  let begun = (): void => undefined;
  const running = new Promise<void>((resolve) => (begun = resolve));
  const server = await startServer(
    local.storage,
    { port: 0, graceMs: 100 },
    {
      api: () => {
        const routes = new Hono();
        routes.get("/api/v1/never", () => {
          begun();
          return new Promise<Response>(() => undefined);
        });
        return routes as never;
      },
    },
  );
  const cut = exchange(server.url, "GET /api/v1/never HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await running;
  await server.close();
  expect(await cut).toBe("");
});

test("a client that sends its headers slowly is cut off", async () => {
  await using server = await TestServer.open();
  expect(await exchange(server.url, "GET /healthz HTTP/1.1\r\nhost: local")).toMatch(/^HTTP\/1\.1 408 /);
});

test("an answer that fails half-way is cut off, so that no client takes it for the whole", async () => {
  await using local = await TestServer.open();
  const failures: unknown[] = [];
  await using server = await startServer(
    local.storage,
    { port: 0, onError: (error) => failures.push(error) },
    {
      api: () => {
        const routes = new Hono();
        routes.get("/api/v1/export", () => {
          let sent = 0;
          const body = new ReadableStream({
            pull(controller) {
              if (sent++ < 3) controller.enqueue(Buffer.from("row\n".repeat(1000)));
              else controller.error(new Error("password of db.internal"));
            },
          });
          return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
        });
        return routes as never;
      },
    },
  );
  const answer = await fetch(`${server.url}/api/v1/export`)
    .then((response) => response.text())
    .catch((error: unknown) => error);
  expect(answer).toBeInstanceOf(TypeError);
  expect(failures).toMatchObject([{ message: "password of db.internal" }]);
});
