import { openStorage } from "@agent-assembly/storage";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, inject, test } from "vitest";
import { accessAuditCases } from "./support/access-audit.js";
import { sentEvent, store } from "./support/events.js";
import { modelCallCases } from "./support/model-calls.js";
import { readSse } from "./support/sse.js";
import { type TestApi, testApi } from "./support/test-api.js";

describeNeeding("postgres", "the API over PostgreSQL", async () => {
  const server = inject("services").profiles.find(({ name }) => name === "postgres");
  const { url, drop } = await createDatabase(server?.url ?? "", "gateway_api");
  const storage = await openStorage({
    backend: "postgres",
    url,
    timescaledb: "off",
    migrate: "auto",
    maxConnections: 4,
  });
  afterAll(async () => {
    await storage.close();
    await drop();
  });
  const open = (): Promise<TestApi> => testApi({ backend: "memory", wrap: () => storage });

  accessAuditCases((options) => testApi({ ...options, accessAudit: true, backend: "memory", wrap: () => storage }));
  modelCallCases((options) => testApi({ ...options, sampleModelCalls: true, backend: "memory", wrap: () => storage }));

  test("a tail resumes after the last event, and where it was cut off before the first one", async () => {
    const api = await open();
    const first = readSse(await api.fetch("GET", "/events/tail?sessionId=tail"));
    const begin = (await first.next()).value?.id ?? "";
    await first.return(undefined);
    const ids = Array.from({ length: 30 }, (_, n) => `019ad4c2-7f00-7000-8000-0000000001${String(n).padStart(2, "0")}`);
    await Promise.all(ids.map((eventId) => store(api, sentEvent({ eventId, sessionId: "tail" }))));
    const seen: string[] = [];
    for (let position = begin; seen.length < ids.length; ) {
      const headers = { "last-event-id": position };
      const tail = readSse(await api.fetch("GET", "/events/tail?sessionId=tail", { headers }));
      for await (const { event, id, data } of tail) {
        position = id ?? position;
        if (event === "audit") seen.push((data as { eventId: string }).eventId);
        if (seen.length % 7 === 0 && event === "audit") break;
        if (seen.length === ids.length) break;
      }
    }
    expect(seen.toSorted()).toEqual(ids);
  });

  test("a position that no store gave is refused before the stream begins", async () => {
    const api = await open();
    const { status, body } = await api.call("GET", "/events/tail", { headers: { "last-event-id": "abc" } });
    expect([status, body.option]).toEqual([400, "after"]);
  });

  test("lists, summaries with a budget, exports and the status of the store answer", async () => {
    const api = await open();
    await store(api, ...Array.from({ length: 20 }, () => sentEvent({ sessionId: "list" })));
    const page = await api.call("GET", "/events?sessionId=list&limit=15");
    expect(page.body.items).toHaveLength(15);
    const rest = await api.call("GET", `/events?sessionId=list&limit=15&cursor=${encodeURIComponent(page.body.next)}`);
    expect(rest.body.items).toHaveLength(5);
    const summary = await api.call("GET", "/events/summary?sessionId=list&groupBy=decision&budgetMs=60000");
    expect(summary.body).toEqual({ items: [{ key: { decision: "allow" }, count: 20 }], lowerBound: false });
    const lines = (await api.call("GET", "/events/export?sessionId=list")).text.trimEnd().split("\n");
    expect(lines).toHaveLength(20);
    const { body, text } = await api.call("GET", "/admin/status");
    expect(body.storage).toMatchObject({ backend: "postgres", health: "ok" });
    expect(body.storage.database_url).toContain("postgres://");
    expect(text).not.toContain(new URL(url).password || "no password");
    expect((await api.call("GET", "/doctor")).body.health.serverVersion).toMatch(/^\d+/);
  });
});
