import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiRoutes } from "../../src/api/index.js";
import type { GatewayEnv } from "../../src/context.js";
import { sentEvent, store } from "./support/events.js";
import { readSse, type SseMessage } from "./support/sse.js";
import { identity, OPERATOR, type TestApi, testApi } from "./support/test-api.js";

/** Serves the API over a socket; closed after the test. */
async function listen(api: TestApi): Promise<string> {
  const app = new Hono<GatewayEnv>();
  app.use(async (c, next) => {
    c.set("authenticate", async () => OPERATOR);
    await next();
  });
  app.route("/", apiRoutes(api.context));
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}/api/v1`),
    );
    onTestFinished(
      () =>
        new Promise<void>((done) => {
          api.closing.abort();
          server.close(() => done());
          (server as unknown as { closeAllConnections(): void }).closeAllConnections();
        }),
    );
  });
}

function idsOf(messages: readonly SseMessage[]): string[] {
  return messages.filter(({ event }) => event === "audit").map(({ data }) => (data as { eventId: string }).eventId);
}

/** The ids of the events behind a position, in the order of their commits. */
async function idsBehind({ storage }: TestApi, position: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { event } of storage.audit.tail({}, { after: position })) {
    ids.push(event.eventId);
    if (ids.length >= count) break;
  }
  return ids;
}

describe("GET /events/tail", () => {
  it("begins with a position, delivers rows in commit order and ends when the gateway closes", async () => {
    const api = await testApi();
    await store(api, sentEvent());
    const response = await api.fetch("GET", "/events/tail");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const messages = readSse(response);
    const first = await messages.next();
    expect(first.value).toMatchObject({ event: "position", id: expect.any(String) });
    await store(api, sentEvent({ agentId: "one" }), sentEvent({ agentId: "two" }));
    expect((await messages.next()).value).toMatchObject({ event: "audit", data: { agentId: "one", tool: "search" } });
    const { value } = await messages.next();
    expect(value?.data).toMatchObject({ agentId: "two" });
    expect(value?.data).not.toHaveProperty("payload");
    api.closing.abort();
    expect((await messages.next()).value).toMatchObject({ event: "end" });
    expect((await messages.next()).done).toBe(true);
  });

  it("resumes a client that was cut off before its first event", async () => {
    const api = await testApi();
    await store(api, sentEvent());
    const response = await api.fetch("GET", "/events/tail?agentId=late");
    const { value } = await readSse(response).next();
    await response.body?.cancel().catch(() => undefined);
    await store(api, sentEvent({ agentId: "late" }));
    const resumed = readSse(
      await api.fetch("GET", "/events/tail?agentId=late", { headers: { "last-event-id": value?.id ?? "" } }),
    );
    await resumed.next();
    expect((await resumed.next()).value?.data).toMatchObject({ agentId: "late" });
    await resumed.return(undefined);
  });

  it("misses none and repeats none when it is killed and resumed while eight writers append", {
    timeout: 60_000,
  }, async () => {
    const api = await testApi();
    const url = await listen(api);
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < 60; n++) {
        const events = Array.from({ length: 1 + (n % 5) }, () => ({
          ...sentEvent({ agentId: `writer-${writer}` }),
          eventId: randomUUID(),
        }));
        const response = await fetch(`${url}/events`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(events),
        });
        await response.json();
      }
    });
    const start = readSse(await fetch(`${url}/events/tail`));
    const begin = (await start.next()).value?.id ?? "";
    let position = begin;
    await start.return(undefined);
    const seen: string[] = [];
    const expected = 8 * 60 * 3;
    let rounds = 0;
    while (seen.length < expected) {
      const controller = new AbortController();
      const tail = readSse(
        await fetch(`${url}/events/tail`, { headers: { "last-event-id": position }, signal: controller.signal }),
      );
      const most = rounds++ % 2 === 0 ? 7 : 90;
      let taken = 0;
      for await (const message of tail) {
        position = message.id ?? position;
        if (message.event !== "audit") continue;
        seen.push(...idsOf([message]));
        if (++taken >= most || seen.length >= expected) break;
      }
      controller.abort();
    }
    await Promise.all(writers);
    expect(rounds).toBeGreaterThan(20);
    expect(seen).toEqual(await idsBehind(api, begin, expected));
  });

  it("stops following the store when the client goes away", async () => {
    const api = await testApi();
    const url = await listen(api);
    const controller = new AbortController();
    const tail = readSse(await fetch(`${url}/events/tail`, { signal: controller.signal }));
    await tail.next();
    controller.abort();
    await expect(tail.next()).rejects.toThrow();
    // A tail that went on would keep the store from closing, which the end of the test waits for.
    await nextTurn();
  });

  it("follows only the team of a token", async () => {
    const api = await testApi();
    const tail = readSse(await api.fetch("GET", "/events/tail", { as: identity("care", ["read"], "care") }));
    await tail.next();
    await store(api, sentEvent({ teamId: "sales" }), sentEvent({ teamId: "care" }));
    expect((await tail.next()).value?.data).toMatchObject({ teamId: "care" });
    await tail.return(undefined);
  });

  it.each(["sqlite", "memory"] as const)("refuses a position that the %s store did not give", async (backend) => {
    const api = await testApi({ backend });
    const answer = await api.call("GET", "/events/tail", { headers: { "last-event-id": "abc" } });
    expect([answer.status, answer.body.option]).toEqual([400, "after"]);
  });

  it("refuses a position of another store", async () => {
    const tail = readSse(await (await testApi()).fetch("GET", "/events/tail"));
    const { value } = await tail.next();
    const api = await testApi();
    const answer = await api.call("GET", `/events/tail?after=${encodeURIComponent(value?.id ?? "")}`);
    expect([answer.status, answer.body.option]).toEqual([400, "after"]);
    await tail.return(undefined);
  });
});
