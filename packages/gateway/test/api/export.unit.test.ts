import { setImmediate as nextTurn } from "node:timers/promises";
import type { AgentStorage } from "@agent-assembly/storage";
import { type AuditEvent, StorageError } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { sentEvent, store } from "./support/events.js";
import { identity, testApi } from "./support/test-api.js";

describe("GET /events/export", () => {
  it("streams all events of a filter as NDJSON, which can be sent again", async () => {
    const api = await testApi();
    await store(api, ...Array.from({ length: 1500 }, () => sentEvent()), sentEvent({ agentId: "other" }));
    const answer = await api.call("GET", "/events/export?agentId=bot");
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="events.ndjson"');
    expect(answer.text.trimEnd().split("\n")).toHaveLength(1500);
    const headers = { "content-type": "application/x-ndjson" };
    const { body } = await api.call("POST", "/events", { body: answer.text, headers });
    expect(body).toEqual({ inserted: 0, duplicates: 1500, rejected: [] });
  });

  it("writes CSV with a header line, and the time of storage where it is asked for", async () => {
    const api = await testApi();
    await store(api, sentEvent({ payload: { tool: 'say "hi"', arguments: "a,b\nc" } }));
    const { text } = await api.call("GET", "/events/export?format=csv&recordedAt=true");
    const [header] = text.split("\r\n");
    expect(header).toMatch(/^ts,eventId,agentId,.*payload,recordedAt$/);
    expect(text).toContain('""tool"":""say \\""hi\\""""');
  });

  it("writes Parquet", async () => {
    const api = await testApi();
    await store(api, sentEvent(), sentEvent());
    const response = await api.fetch("GET", "/events/export?format=parquet");
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(["PAR1", "PAR1"]);
  });

  it("exports nothing as an empty file", async () => {
    const api = await testApi({ backend: "memory" });
    expect((await api.call("GET", "/events/export")).text).toBe("");
  });

  it("exports only the events of the team of a token", async () => {
    const api = await testApi();
    await store(api, sentEvent({ teamId: "care" }), sentEvent({ teamId: "sales" }));
    const { text } = await api.call("GET", "/events/export", { as: identity("care", ["read"], "care") });
    expect(text.trimEnd().split("\n")).toHaveLength(1);
    expect(text).toContain('"teamId":"care"');
  });

  it("answers a failure before the first event, and breaks off at a later one", async () => {
    let failsAfter = 0;
    const api = await testApi({ wrap: (storage) => failing(storage, () => failsAfter) });
    await store(api, ...Array.from({ length: 3000 }, () => sentEvent()));
    const early = await api.call("GET", "/events/export");
    expect([early.status, early.body.code]).toEqual([503, "unavailable"]);
    failsAfter = 2500;
    const late = await api.fetch("GET", "/events/export");
    expect(late.status).toBe(200);
    await expect(late.text()).rejects.toThrow();
  });

  it("stops reading the store when the client goes away", async () => {
    let ended = false;
    const api = await testApi({
      wrap: (storage) =>
        watched(storage, () => {
          ended = true;
        }),
    });
    await store(api, ...Array.from({ length: 3000 }, () => sentEvent()));
    const response = await api.fetch("GET", "/events/export");
    await response.body?.cancel();
    while (!ended) await nextTurn();
    expect(ended).toBe(true);
  });

  it.each(["format=xml", "limit=10"])("refuses the query %s", async (query) => {
    const api = await testApi({ backend: "memory" });
    expect((await api.call("GET", `/events/export?${query}`)).status).toBe(400);
  });
});

type Stream = (events: AsyncIterable<AuditEvent>) => AsyncGenerator<AuditEvent>;

function withStream(storage: AgentStorage, through: Stream): AgentStorage {
  const stream: AgentStorage["audit"]["stream"] = (filter, options) => through(storage.audit.stream(filter, options));
  const audit = new Proxy(storage.audit, {
    get: (target, name) => (name === "stream" ? stream : Reflect.get(target, name).bind?.(target)),
  });
  return new Proxy(storage, { get: (target, name) => (name === "audit" ? audit : Reflect.get(target, name)) });
}

function failing(storage: AgentStorage, after: () => number): AgentStorage {
  return withStream(storage, async function* (events) {
    let left = after();
    for await (const event of events) {
      if (left-- <= 0) throw new StorageError({ code: "unavailable", message: "gone" });
      yield event;
    }
  });
}

function watched(storage: AgentStorage, onEnd: () => void): AgentStorage {
  return withStream(storage, async function* (events) {
    try {
      yield* events;
    } finally {
      onEnd();
    }
  });
}
