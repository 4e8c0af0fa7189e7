import type { GovernanceRecord } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { sentEvent, store } from "./events.js";
import { readSse } from "./sse.js";
import { identity, type TestApi, type TestApiOptions } from "./test-api.js";

type Read = GovernanceRecord & { readonly read: Record<string, unknown>; readonly subject: Record<string, string> };

/** Records of reads, oldest first. @param actor whose */
export async function readsOf(api: TestApi, actor: string): Promise<Read[]> {
  const { items } = await api.storage.audit.query({ action: "governance" }, { order: "oldest", limit: 1000 });
  return items
    .map(({ payload }) => payload as Read)
    .filter((record) => record.change.startsWith("payloads.") && record.actor === actor);
}

/** What is recorded of reads, and what is not, on every store. @param open with reads recorded */
export function accessAuditCases(open: (options?: TestApiOptions) => Promise<TestApi>): void {
  test("a page of events is one record: who, where, how many, and which filter, without values of payloads", async () => {
    const api = await open();
    await store(
      api,
      ...Array.from({ length: 5 }, () => sentEvent({ sessionId: "page", payload: { token: "s3cret" } })),
    );
    const ann = { ...identity("ann", ["read"]), tokenId: "00112233aabbccdd" };
    await api.call("GET", "/events?sessionId=page&limit=3&payload=/token=s3cret&from=2026-01-01T00:00:00Z", {
      as: ann,
    });
    const [record, ...others] = await readsOf(api, "ann");
    expect(others).toEqual([]);
    expect(record).toEqual({
      change: "payloads.read",
      subject: { route: "GET /api/v1/events" },
      actor: "ann",
      read: {
        events: 3,
        filter: { from: "2026-01-01T00:00:00.000Z", sessionId: ["page"], payload: ["/token"] },
        credential: "token",
        tokenId: "00112233aabbccdd",
      },
    });
    expect(JSON.stringify(record)).not.toContain("s3cret");
  });

  test("every route that shows payloads is recorded, with the number of them", async () => {
    const api = await open();
    const event = sentEvent({ eventId: "019ad4c2-7f00-7000-8000-0000000000aa", sessionId: "routes" });
    await store(api, event, sentEvent({ sessionId: "routes" }));
    const as = identity("bob");
    const submitted = await api.call("POST", "/approvals", { as, json: { agentId: "bot", action: "x", request: {} } });
    const { requestId, digest } = submitted.body;
    expect(await readsOf(api, "bob")).toEqual([]);
    const get = (path: string) => api.call("GET", path, { as });
    const act = (path: string, json: object) => api.call("POST", path, { as, json });
    const one = `/approvals/${requestId}`;
    const answers = [
      await get(`/events/${event.ts}/${event.eventId}`),
      await get("/logs?agent_id=bot&per_page=1"),
      await get("/events/summary?sessionId=routes&payload=/tool=search"),
      await get("/approvals"),
      await get(one),
      await get(`${one}/wait?timeoutMs=1`),
      await act("/approvals/claim-next", {}),
      await api.call("POST", `${one}/release`, { as }),
      await act(`${one}/claim`, {}),
      await act(`${one}/decide`, { verdict: "approve", digest }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await act(`${one}/decide`, { verdict: "deny", digest })).body.approval.requestId).toBe(requestId);
    const seen = (await readsOf(api, "bob")).map(({ subject, read }) => [subject.route, read.events ?? read.approvals]);
    expect(seen).toEqual([
      ["GET /api/v1/events/{ts}/{eventId}", 1],
      ["GET /api/v1/logs", 1],
      ["GET /api/v1/events/summary", undefined],
      ["GET /api/v1/approvals", expect.any(Number)],
      ["GET /api/v1/approvals/{requestId}", 1],
      ["GET /api/v1/approvals/{requestId}/wait", 1],
      ["POST /api/v1/approvals/claim-next", 1],
      ["POST /api/v1/approvals/{requestId}/release", 1],
      ["POST /api/v1/approvals/{requestId}/claim", 1],
      ["POST /api/v1/approvals/{requestId}/decide", 1],
      ["POST /api/v1/approvals/{requestId}/decide", 1],
    ]);
  });

  test("what shows no payload is not recorded", async () => {
    const api = await open();
    await store(api, sentEvent({ sessionId: "none" }));
    const as = identity("carl");
    const get = (path: string) => api.call("GET", path, { as });
    for (const path of ["/events/summary?sessionId=none", "/events/explain", "/agents", "/policies", "/whoami"]) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
    expect((await get("/events?sessionId=never")).body.items).toEqual([]);
    expect((await get("/approvals?agentId=never")).body.items).toEqual([]);
    expect((await get("/approvals/019ad4c2-7f00-7000-8000-000000000001")).status).toBe(404);
    expect((await get("/events?limit=0")).status).toBe(400);
    expect(await readsOf(api, "carl")).toEqual([]);
    // An empty page tells that no payload has the value.
    await get("/events?sessionId=none&payload=/arguments/n=-1");
    expect(await readsOf(api, "carl")).toMatchObject([{ read: { events: 0 } }]);
  });

  test("reading the records of reads is one more record, each time", async () => {
    const api = await open();
    await store(api, sentEvent());
    const as = identity("dora", ["read"]);
    for (const expected of [1, 2, 3]) {
      await api.call("GET", "/events", { as });
      expect(await readsOf(api, "dora")).toHaveLength(expected);
    }
  });

  test("a team's token leaves its records to the team", async () => {
    const api = await open();
    await store(api, sentEvent({ teamId: "care" }));
    await api.call("GET", "/events", { as: identity("eve", ["read"], "care") });
    const { items } = await api.storage.audit.query({ action: "governance", teamId: "care" });
    expect(items).toMatchObject([{ agentId: "governance", payload: { change: "payloads.read", actor: "eve" } }]);
  });

  test("an export is recorded before its first byte and before its last one", async () => {
    const api = await open();
    await store(api, ...Array.from({ length: 7 }, () => sentEvent({ sessionId: "export" })));
    const as = identity("fay", ["read"]);
    const response = await api.fetch("GET", "/events/export?sessionId=export", { as });
    expect(await readsOf(api, "fay")).toMatchObject([{ change: "payloads.stream_began" }]);
    expect((await response.text()).trimEnd().split("\n")).toHaveLength(7);
    const [begin, end] = await readsOf(api, "fay");
    expect(end).toMatchObject({
      change: "payloads.stream_ended",
      read: { events: 7, filter: { sessionId: ["export"] } },
    });
    expect(end?.subject.stream).toBe(begin?.subject.stream);
  });

  test("a tail records its begin and its end, and not its own begin or each event", async () => {
    const api = await open();
    const as = identity("gus", ["read"]);
    const tail = readSse(await api.fetch("GET", "/events/tail", { as }));
    expect((await tail.next()).value?.event).toBe("position");
    await store(api, sentEvent({ sessionId: "tail" }), sentEvent({ sessionId: "tail" }));
    for (const expected of ["tail", "tail"]) {
      expect((await tail.next()).value).toMatchObject({ event: "audit", data: { sessionId: expected } });
    }
    expect(await readsOf(api, "gus")).toMatchObject([{ change: "payloads.stream_began" }]);
    await tail.return(undefined);
    await expect.poll(() => readsOf(api, "gus")).toHaveLength(2);
    const [, end] = await readsOf(api, "gus");
    // One more may have been handed to the connection than was read from it.
    expect(end).toMatchObject({ change: "payloads.stream_ended", subject: { route: "GET /api/v1/events/tail" } });
    expect(end?.read.events).toBe(2);
  });
}
