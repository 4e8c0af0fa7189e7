import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createToken, TestServer } from "../support/gateway.js";

const EVENTS = JSON.stringify([{ ts: "2026-11-30T12:00:00Z", agentId: "a", action: "x", decision: "allow" }]);
const MIB = 1024 * 1024;

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await TestServer.open({ limits: { inFlightBytes: 2 * MIB, bodyBytes: 4 * MIB } });
  token = await createToken(server.storage);
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A client that sends headers, and the body once it is asked for. */
class WaitingClient {
  readonly #socket: Socket;
  #received = "";
  readonly closed: Promise<unknown>;

  constructor(path: string, headers: Readonly<Record<string, string | number>>) {
    const { hostname, port } = new URL(server.url);
    this.#socket = connect(Number(port), hostname);
    this.closed = once(this.#socket, "close");
    this.#socket.on("data", (bytes) => {
      this.#received += bytes.toString("latin1");
    });
    const lines = Object.entries({ host: `${hostname}:${port}`, expect: "100-continue", ...headers });
    this.#socket.write(
      `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
    );
  }

  /** Of all answers so far. */
  get statuses(): string[] {
    return [...this.#received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => status as string);
  }

  get received(): string {
    return this.#received;
  }

  send(body: string): void {
    this.#socket.write(body);
  }

  end(): void {
    this.#socket.destroy();
  }
}

const json = (length: number, secret = token) => ({
  ...{ "content-type": "application/json", "content-length": length, authorization: `Bearer ${secret}` },
});

test("a client that is let in is asked for its body once, and answered", async () => {
  const client = new WaitingClient("/api/v1/events", json(EVENTS.length));
  await expect.poll(() => client.statuses).toEqual(["100"]);
  client.send(EVENTS);
  await expect.poll(() => client.statuses).toEqual(["100", "200"]);
  await expect.poll(() => client.received).toContain('"inserted":1');
  client.end();
});

test("telemetry is asked for as well", async () => {
  const client = new WaitingClient("/v1/traces", json(2));
  await expect.poll(() => client.statuses).toEqual(["100"]);
  client.send("{}");
  await expect.poll(() => client.statuses).toEqual(["100", "200"]);
  client.end();
});

/** Answers that come without the body, after which the connection is closed: nothing tells where the next request begins. */
async function refused(client: WaitingClient): Promise<string[]> {
  await client.closed;
  expect(client.received.toLowerCase()).toContain("connection: close");
  return client.statuses;
}

test.each(["/api/v1/events", "/v1/logs"])("%s refuses without the body what the token may not send", async (path) => {
  const reader = await createToken(server.storage, { scopes: ["read"] });
  expect(await refused(new WaitingClient(path, json(EVENTS.length, "aasm_no_token")))).toEqual(["401"]);
  expect(await refused(new WaitingClient(path, json(EVENTS.length, reader)))).toEqual(["403"]);
});

test("a body that is too large, or of another type, is not asked for", async () => {
  expect(await refused(new WaitingClient("/api/v1/events", json(4 * MIB + 1)))).toEqual(["413"]);
  expect(await refused(new WaitingClient("/v1/traces", json(4 * MIB + 1)))).toEqual(["413"]);
  const encoded = { ...json(10), "content-encoding": "br" };
  expect(await refused(new WaitingClient("/api/v1/events", encoded))).toEqual(["415"]);
  const text = { ...json(10), "content-type": "text/plain" };
  expect(await refused(new WaitingClient("/v1/traces", text))).toEqual(["415"]);
});

test("above the rate of the token, or the bytes in flight, the body is not asked for", async () => {
  const slow = await createToken(server.storage, { requestsPerMinute: 1 });
  expect(await refused(new WaitingClient("/api/v1/session", json(2, slow)))).toEqual(["403"]);
  const first = new WaitingClient("/api/v1/events", json(EVENTS.length, slow));
  await expect.poll(() => first.statuses).toEqual(["100"]);
  first.end();
  const second = new WaitingClient("/api/v1/events", json(EVENTS.length, slow));
  expect(await refused(second)).toEqual(["429"]);
  expect(second.received.toLowerCase()).toMatch(/retry-after: [123]\r/);
  expect(await refused(new WaitingClient("/api/v1/events", json(3 * MIB)))).toEqual(["429"]);
});
