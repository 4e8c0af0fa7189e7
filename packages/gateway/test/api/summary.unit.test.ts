import type { AgentStorage } from "@agent-assembly/storage";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { summarizeWithin } from "../../src/api/events/summary.js";
import { sentEvent, store } from "./support/events.js";
import { identity, testApi } from "./support/test-api.js";

const HOUR = 3_600_000;

describe("GET /events/summary", () => {
  it("counts by bucket and member, exactly without a budget", async () => {
    const api = await testApi();
    const ts = "2026-11-30T10:30:00.000Z";
    const clock = Date.parse(ts);
    await api.storage.audit.append(
      ["allow", "deny", "deny"].map((decision) => ({
        ts: new Date(Date.now() - HOUR),
        agentId: "bot",
        action: "tool_call",
        decision,
      })),
    );
    expect(clock).toBeGreaterThan(0);
    const { body } = await api.call("GET", "/events/summary?groupBy=decision&every=1d");
    expect(body.lowerBound).toBe(false);
    expect(body.items.map(({ key, count }: { key: object; count: number }) => [key, count])).toEqual([
      [{ decision: "allow" }, 1],
      [{ decision: "deny" }, 2],
    ]);
    const all = await api.call("GET", "/events/summary");
    expect(all.body).toEqual({ items: [{ key: {}, count: 3 }], lowerBound: false });
  });

  it("shows a team's token only the counts of the team", async () => {
    const api = await testApi();
    await store(api, sentEvent({ teamId: "care" }), sentEvent({ teamId: "sales" }));
    const { body } = await api.call("GET", "/events/summary", { as: identity("care", ["read"], "care") });
    expect(body.items).toEqual([{ key: {}, count: 1 }]);
  });

  it.each([
    ["groupBy=colour", "groupBy has an unknown dimension"],
    ["every=7m", "every must be"],
    ["timeZone=Europe/Berlin", "timeZone needs every"],
    ["every=1h&timeZone=Atlantis", "timeZone must be an IANA name"],
    ["budgetMs=1", "budgetMs must be at least 10"],
    ["includeDropped=true&sessionId=s", "includeDropped"],
  ])("refuses the query %s", async (query, text) => {
    const api = await testApi({ backend: "memory" });
    const { status, body } = await api.call("GET", `/events/summary?${query}`);
    expect(status).toBe(400);
    expect(`${body.option} ${body.detail}`).toContain(text);
  });

  it("says what a summary would read", async () => {
    const api = await testApi();
    await store(api, sentEvent());
    const { body } = await api.call("GET", "/events/explain?groupBy=sessionId");
    expect(body.source).toBe("events");
  });
});

/** A store that tells of each summary before it makes it. */
function watchedAudit({ audit }: AgentStorage, told: () => void): AgentStorage["audit"] {
  return {
    append: (events) => audit.append(events),
    query: (filter, page) => audit.query(filter, page),
    stream: (filter, options) => audit.stream(filter, options),
    count: (filter) => audit.count(filter),
    tail: (filter, options) => audit.tail(filter, options),
    explain: (filter, request) => audit.explain(filter, request),
    summarize: async (filter, request) => {
      told();
      return audit.summarize(filter, request);
    },
  };
}

describe("a summary with a budget", () => {
  const request = { groupBy: ["sessionId", "decision"], bucket: { every: "1h" } } as const;

  async function filled(): Promise<AgentStorage> {
    const { storage } = await testApi();
    const now = Date.now();
    await storage.audit.append(
      Array.from({ length: 500 }, (_, n) => ({
        ts: new Date(now - n * 2 * HOUR),
        agentId: "bot",
        sessionId: n % 3 === 0 ? undefined : `s${n % 3}`,
        action: "tool_call",
        decision: n % 5 === 0 ? "deny" : "allow",
      })) as never,
    );
    return storage;
  }

  it("is the exact one where the budget lasts, slice by slice", async () => {
    const storage = await filled();
    let calls = 0;
    const audit = watchedAudit(storage, () => calls++);
    const summary = await summarizeWithin(audit, {}, request, { budgetMs: 60_000, now: Date.now });
    expect(calls).toBeGreaterThan(2);
    expect(summary).toEqual({ items: await storage.audit.summarize({}, request), lowerBound: false });
  });

  it("is a lower bound that says since when it counts, where the budget ends", async () => {
    const storage = await filled();
    let elapsed = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => elapsed);
    onTestFinished(() => clock.mockRestore());
    const audit = watchedAudit(storage, () => {
      elapsed += 20;
    });
    const { items, lowerBound, countedFrom } = await summarizeWithin(audit, {}, request, {
      budgetMs: 50,
      now: Date.now,
    });
    expect(lowerBound).toBe(true);
    expect(items).toEqual(await storage.audit.summarize({ from: countedFrom }, request));
  });

  it.each([
    ["in one where little is read beside counts, and taken off them", 1, 1],
    ["in slices where much is taken off", 5, 3],
  ])("of counts is asked %s", async (_what, hours, least) => {
    const storage = await filled();
    let calls = 0;
    const to = new Date(Math.floor(Date.now() / HOUR) * HOUR - 24 * HOUR);
    const from = new Date(to.getTime() - 48 * HOUR);
    const audit = {
      ...watchedAudit(storage, () => calls++),
      explain: async () => ({
        source: "both" as const,
        countedBy: ["decision"],
        counts: [{ by: "hour" as const, from, to: new Date(to.getTime() + hours * HOUR) }],
        subtracted: [{ from: to, to: new Date(to.getTime() + hours * HOUR) }],
        events: [],
        uncounted: 0,
      }),
    };
    const asked = { budgetMs: 60_000, now: Date.now };
    const summary = await summarizeWithin(audit as never, { from, to }, request, asked);
    expect(summary).toEqual({ items: await storage.audit.summarize({ from, to }, request), lowerBound: false });
    if (least === 1) expect(calls).toBe(1);
    else expect(calls).toBeGreaterThanOrEqual(least);
  });

  it("keeps to the range of the filter", async () => {
    const storage = await filled();
    const filter = { from: new Date(Date.now() - 200 * HOUR), to: new Date(Date.now() - 100 * HOUR) };
    const summary = await summarizeWithin(storage.audit, filter, request, { budgetMs: 60_000, now: Date.now });
    expect(summary.items).toEqual(await storage.audit.summarize(filter, request));
  });

  it("of nothing is zero", async () => {
    const { storage } = await testApi();
    const summary = await summarizeWithin(storage.audit, { sessionId: "none" }, {}, { budgetMs: 100, now: Date.now });
    expect(summary).toEqual({ items: [{ key: {}, count: 0 }], lowerBound: false });
  });
});
