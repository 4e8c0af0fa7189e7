import { describe, expect, it } from "vitest";
import { sentEvent, store } from "./support/events.js";
import { identity, testApi } from "./support/test-api.js";

const NDJSON = { "content-type": "application/x-ndjson" };

describe("POST /events", () => {
  it("stores the good events and rejects the bad ones by position", async () => {
    const api = await testApi();
    const taken = sentEvent({ eventId: "019ad4c2-7f00-7000-8000-000000000001" });
    await store(api, taken);
    const { status, body } = await api.call("POST", "/events", {
      json: [
        sentEvent(),
        sentEvent({ ts: "yesterday" }),
        7,
        sentEvent({ action: "" }),
        sentEvent({ ts: "2001-01-01T00:00:00Z" }),
        taken,
        { ...taken, decision: "deny" },
        sentEvent({ colour: "red" }),
      ],
    });
    expect(status).toBe(200);
    expect(body.inserted).toBe(1);
    expect(body.duplicates).toBe(1);
    expect(body.rejected.map(({ index, code }: { index: number; code: string }) => [index, code])).toEqual([
      [1, "invalid_argument"],
      [2, "invalid_argument"],
      [3, "invalid_argument"],
      [4, "out_of_range"],
      [6, "conflict"],
      [7, "invalid_argument"],
    ]);
    expect(JSON.stringify(body)).not.toContain("yesterday");
    expect(await api.storage.audit.count()).toBe(2);
  });

  it("takes NDJSON, in which a broken line is rejected alone", async () => {
    const api = await testApi();
    const body = `${JSON.stringify(sentEvent())}\n\n{"ts":\n${JSON.stringify(sentEvent())}\r\n`;
    const answer = await api.call("POST", "/events", { body, headers: NDJSON });
    expect(answer.body).toMatchObject({ inserted: 2, rejected: [{ index: 1, code: "invalid_argument" }] });
  });

  it("keeps the time to the millisecond and what was read can be sent again", async () => {
    const api = await testApi();
    await store(api, sentEvent());
    const { body } = await api.call("GET", "/events?payloads=full");
    const [{ tool, preview, ...event }] = body.items;
    const again = await api.call("POST", "/events", { json: [event] });
    expect(again.body).toEqual({ inserted: 0, duplicates: 1, rejected: [] });
  });

  it("rejects an event whose numbers JSON readers would change, and no other", async () => {
    const api = await testApi();
    const exact = JSON.stringify(sentEvent());
    const inexact = exact.replace('"payload":{', '"payload":{"amount":12345678901234567890,');
    const { body } = await api.call("POST", "/events", {
      body: `[${exact},${inexact}]`,
      headers: { "content-type": "application/json" },
    });
    expect(body.inserted).toBe(1);
    expect(body.rejected).toEqual([
      { index: 1, code: "invalid_argument", reason: expect.stringContaining("/payload/amount") },
    ]);
  });

  it("binds events to the team of the token", async () => {
    const api = await testApi();
    const as = identity("care", ["ingest"], "care");
    const { body } = await api.call("POST", "/events", {
      as,
      json: [sentEvent(), sentEvent({ teamId: "care" }), sentEvent({ teamId: "sales" })],
    });
    expect(body).toMatchObject({ inserted: 2, rejected: [{ index: 2, code: "invalid_argument" }] });
    expect(await api.storage.audit.count({ teamId: "care" })).toBe(2);
  });

  it.each([
    ["no array", '{"ts":"x"}', "application/json", 400, "invalid_argument"],
    ["no JSON", "[1,", "application/json", 400, "invalid_argument"],
    ["no UTF-8", new Uint8Array([0x5b, 0xff, 0x5d]), "application/json", 400, "invalid_argument"],
    ["another type", "a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
    ["too many", `[${"0,".repeat(10_000)}0]`, "application/json", 413, "too_large"],
    ["too deep", `${"[".repeat(500)}${"]".repeat(500)}`, "application/json", 400, "invalid_argument"],
  ])("refuses a body that is %s", async (_, body, type, status, code) => {
    const api = await testApi({ backend: "memory" });
    const answer = await api.call("POST", "/events", { body, headers: { "content-type": type } });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await api.storage.audit.count()).toBe(0);
  });

  it("needs the scope ingest", async () => {
    const api = await testApi({ backend: "memory" });
    const answer = await api.call("POST", "/events", { as: identity("reader", ["read"]), json: [] });
    expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
  });
});
