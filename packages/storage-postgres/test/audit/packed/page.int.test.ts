import { randomBytes } from "node:crypto";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { databaseOfFile } from "../../setup/database.js";
import { EVENT } from "../../support/tails.js";

describeNeeding("postgres", "a page of events", async () => {
  const storage = await openPostgresStorage(await databaseOfFile("postgres", "packed_page"));
  afterAll(() => storage.close());
  const ts = new Date("2026-11-01T08:00:00.120Z");

  const queried = async (sessionId: string) => (await storage.audit.query({ sessionId })).items;

  it("is whole where a text holds what stands between the values of a row", async () => {
    const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
    const plain = { ts, ...EVENT, eventId: "00000000-0000-4000-8000-000000000001", sessionId: "s" };
    const odd = {
      ...plain,
      eventId: "00000000-0000-4000-8000-000000000002",
      agentId: "a\u001fb",
      traceId: "\u001f",
      payload: { tool: "x\u001f", text: "\u001f" },
    };
    await storage.audit.append([plain, odd], { limits });
    const [second, first] = await queried("s");
    expect(second).toEqual({ ...odd, dryRun: false, recordedAt: expect.any(Date) });
    expect(first).toEqual({ ...plain, dryRun: false, recordedAt: expect.any(Date) });
  });

  it("has every member that was stored, and no other", async () => {
    const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
    const some = { ts, ...EVENT, eventId: "00000000-0000-4000-8000-000000000003", sessionId: "some", payload: null };
    const all = {
      ...some,
      eventId: "00000000-0000-4000-8000-000000000004",
      teamId: "Ä",
      orgId: "o'",
      traceId: "\u{1F600}",
      shadowDecision: "null",
      matchedRuleId: "t",
      dryRun: true,
      payload: ["|", { tool: null }],
    };
    await storage.audit.append([some, all], { limits });
    const [second, first] = await queried("some");
    expect(second).toEqual({ ...all, recordedAt: expect.any(Date) });
    expect(first).toEqual({ ...some, dryRun: false, recordedAt: expect.any(Date) });
  });

  it("is whole where the filter names what its events have", async () => {
    const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
    const texts = {
      agentId: "known agent",
      teamId: "known team",
      orgId: "known org\u001f",
      sessionId: "known session",
      traceId: "known trace",
      action: "known action",
      decision: "known decision",
      shadowDecision: "known shadow",
      matchedRuleId: "known rule",
    };
    const eventId = "00000000-0000-4000-8000-000000000005";
    const event = { ts, eventId, ...texts, dryRun: true, payload: { tool: "known tool" } };
    await storage.audit.append([event], { limits });
    const stored = { ...event, recordedAt: expect.any(Date) };
    const all = { ...texts, eventId, tool: "known tool" };
    const filters = [...Object.entries(all).map(([field, value]) => ({ [field]: value })), all];
    for (const filter of filters)
      expect((await storage.audit.query(filter)).items, JSON.stringify(filter)).toEqual([stored]);
    const [first] = (await storage.audit.query({ agentId: ["another", "known agent"] })).items;
    expect(first).toEqual(stored);
  });

  it("has no event that a text makes up", async () => {
    const limits = { maxAgeMs: Number.POSITIVE_INFINITY };
    const eventId = "00000000-0000-4000-8000-000000000006";
    const made = [
      String(ts.getTime() - 1),
      "0",
      "00000000-0000-4000-8000-000000000007",
      "forged",
      ...Array(9).fill(""),
    ];
    const orgId = `x\u001f${made.join("\u001f")}`;
    const event = { ts, ...EVENT, eventId, sessionId: "made up", orgId };
    await storage.audit.append([event], { limits });
    expect(await queried("made up")).toEqual([{ ...event, dryRun: false, recordedAt: expect.any(Date) }]);
  });

  it.each([
    ["few events", 5, 10],
    ["as many as fill several packets", 300, 10],
    ["large payloads", 6, 50_000],
  ])("is the same with %s", async (what, count, size) => {
    const payloads = [
      undefined,
      null,
      { text: "\u0000\ud800\uE0FF" },
      { text: randomBytes(size).toString("base64") },
      [],
    ];
    const events = Array.from({ length: count }, (_, i) => {
      const payload = payloads[i % payloads.length];
      return {
        ...EVENT,
        ts: new Date(ts.getTime() + Math.floor(i / 3)),
        eventId: `00000000-0000-4000-9${String(count).padStart(3, "0")}-${String(i).padStart(12, "0")}`,
        sessionId: what,
        ...(payload === undefined ? {} : { payload }),
      };
    });
    await storage.audit.append(events, { limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
    const stored = events.map((event) => ({ ...event, dryRun: false, recordedAt: expect.any(Date) }));
    const { items } = await storage.audit.query({ sessionId: what }, { limit: count, order: "oldest" });
    expect(items).toEqual(stored);
    const newest = await storage.audit.query({ sessionId: what }, { limit: count });
    expect(newest.items).toEqual(stored.toReversed());
    expect(newest.next).toBeUndefined();
  });
});
