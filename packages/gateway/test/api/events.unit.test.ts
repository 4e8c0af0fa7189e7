import { describe, expect, it } from "vitest";
import { sentEvent, store } from "./support/events.js";
import { identity, testApi } from "./support/test-api.js";

describe("GET /events", () => {
  it("lists rows without payloads, with the tool and the beginning of the arguments", async () => {
    const api = await testApi();
    await store(
      api,
      sentEvent({ payload: { tool: "mail", arguments: { text: "x".repeat(500) }, result: "secret" } }),
      sentEvent({ payload: { note: "no arguments" } }),
      sentEvent({ payload: undefined }),
    );
    const { body } = await api.call("GET", "/events?order=oldest");
    const [mail, note, none] = body.items;
    expect(mail.tool).toBe("mail");
    expect(mail.preview).toBe(`{"text":"${"x".repeat(111)}`);
    expect(note.preview).toBe('{"note":"no arguments"}');
    expect(none).not.toHaveProperty("preview");
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  it("cuts a preview between characters", async () => {
    const api = await testApi({ backend: "memory" });
    await store(api, sentEvent({ payload: { tool: "mail", arguments: `${"x".repeat(119)}😀` } }));
    const { body } = await api.call("GET", "/events");
    expect(body.items[0].preview).toBe("x".repeat(119));
  });

  it("pages both ways without missing or repeating one", async () => {
    const api = await testApi();
    await store(api, ...Array.from({ length: 25 }, () => sentEvent()));
    for (const order of ["newest", "oldest"] as const) {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const at: string = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const { body } = await api.call("GET", `/events?limit=10&order=${order}${at}`);
        ids.push(...body.items.map(({ eventId }: { eventId: string }) => eventId));
        cursor = body.next;
      } while (cursor !== undefined);
      expect(new Set(ids).size).toBe(25);
      expect(ids).toHaveLength(25);
    }
  });

  it("filters by members, by time, and by what is in the payload", async () => {
    const api = await testApi();
    const ts = new Date(Date.now() - 60_000).toISOString();
    await store(
      api,
      sentEvent({ ts, agentId: "a", decision: "deny", payload: { tool: "t", arguments: { user: "mia", age: 7 } } }),
      sentEvent({ agentId: "b", dryRun: true, payload: { tool: "t", arguments: { user: "7" } } }),
      sentEvent({ agentId: "c", payload: { tool: "u", arguments: { user: true, "a/b": "=" } } }),
    );
    const agents = async (query: string): Promise<string[]> => {
      const { body } = await api.call("GET", `/events?order=oldest&${query}`);
      return body.items.map(({ agentId }: { agentId: string }) => agentId);
    };
    expect(await agents("agentId=a&agentId=c")).toEqual(["a", "c"]);
    expect(await agents("decision=deny")).toEqual(["a"]);
    expect(await agents("dryRun=true")).toEqual(["b"]);
    expect(await agents("tool=t")).toEqual(["a", "b"]);
    expect(await agents(`to=${ts}`)).toEqual([]);
    expect(await agents(`from=${ts}&to=${new Date(Date.parse(ts) + 1).toISOString()}`)).toEqual(["a"]);
    expect(await agents("payload=/arguments/user=mia")).toEqual(["a"]);
    expect(await agents("payload=/arguments/age=7&payload=/arguments/user=mia")).toEqual(["a"]);
    expect(await agents(`payload=${encodeURIComponent('/arguments/user="7"')}`)).toEqual(["b"]);
    expect(await agents("payload=/arguments/user=true")).toEqual(["c"]);
    expect(await agents(`payload=${encodeURIComponent("/arguments/a~1b==")}`)).toEqual(["c"]);
  });

  it.each([
    ["agentID=a", "Did you mean"],
    ["limit=0", "limit must be at least 1"],
    ["limit=ten", "limit must be a number"],
    ["limit=1&limit=2", "limit is given more than once"],
    ["dryRun=yes", "dryRun must be true or false"],
    ["from=today", "from must be a time in ISO 8601"],
    ["from=2026-01-01T00:00:00", "from must be a time in ISO 8601"],
    ["order=random", "order must be one of newest, oldest"],
    ["payload=user", "payload must be a JSON Pointer"],
    ["payload=user=1", "payload"],
    ["cursor=abc", "cursor"],
    ["agentId=", "agentId[0] must not be empty"],
    ["eventId=1", "eventId"],
  ])("refuses the query %s, and says what is wrong", async (query, text) => {
    const api = await testApi({ backend: "memory" });
    const { status, body } = await api.call("GET", `/events?${query}`);
    expect([status, body.code]).toEqual([400, "invalid_argument"]);
    expect(body.detail).toContain(text);
    expect(body.detail).not.toContain("filter");
  });

  it("shows a team's token only the events of the team, and refuses others", async () => {
    const api = await testApi();
    await store(api, sentEvent({ teamId: "care" }), sentEvent({ teamId: "sales" }), sentEvent());
    const as = identity("care", ["read"], "care");
    const { body } = await api.call("GET", "/events", { as });
    expect(body.items).toHaveLength(1);
    const other = await api.call("GET", "/events?teamId=care&teamId=sales", { as });
    expect([other.status, other.body.option]).toEqual([403, "teamId"]);
  });
});

describe("GET /events/{ts}/{eventId}", () => {
  it("reads one event with its payload", async () => {
    const api = await testApi();
    const event = sentEvent({ eventId: "019ad4c2-7f00-7000-8000-000000000001", teamId: "care" });
    await store(api, event);
    const path = `/events/${encodeURIComponent(String(event.ts))}/${event.eventId}`;
    const { body } = await api.call("GET", path);
    expect(body.payload).toEqual(event.payload);
    const other = await api.call("GET", path, { as: identity("sales", ["read"], "sales") });
    expect(other.status).toBe(404);
    expect((await api.call("GET", path.replace("0001", "0002"))).status).toBe(404);
    expect((await api.call("GET", path.replace(/2\d{3}-/, "1999-"))).status).toBe(404);
    expect((await api.call("GET", "/events/now/1")).status).toBe(400);
  });
});
