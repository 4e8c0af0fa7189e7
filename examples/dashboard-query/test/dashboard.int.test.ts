import { fileURLToPath } from "node:url";
import { onEachStore, startExample } from "@agent-assembly/example-programs";
import type { AgentStorage, NewAuditEvent } from "@agent-assembly/storage";
import { expect, it } from "vitest";

const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));
const HOUR_MS = 3_600_000;

/** Two days of denials, one an hour, and one hour with very many. */
async function recordEvents(storage: AgentStorage): Promise<void> {
  const now = Date.now() - 60_000;
  const event = (agentId: string, ageMs: number, decision: string): NewAuditEvent => ({
    ts: new Date(now - ageMs),
    agentId,
    action: "tool_call",
    decision,
  });
  const steady = Array.from({ length: 48 }, (_, hour) => event("steady-bot", hour * HOUR_MS, "deny"));
  const burst = Array.from({ length: 60 }, () => event("steady-bot", 3 * HOUR_MS, "deny"));
  const others = Array.from({ length: 10 }, (_, hour) => event("other-bot", hour * HOUR_MS, "allow"));
  await storage.audit.append([...steady, ...burst, ...others]);
}

onEachStore((newStore) => {
  it("answers summaries, series with windows, top and anomalies, and shows them on a page", async () => {
    const store = await newStore();
    const storage = await store.open();
    await recordEvents(storage);
    const program = startExample(EXAMPLE, ["src/server.js"], store, { PORT: "0" });
    const url = (await program.wrote(/listening on (http:\S+)/))[1] as string;
    const get = async (path: string) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: await response.json() };
    };

    const decisions = await get("/api/decisions?timeZone=Europe/Berlin");
    expect(decisions.status).toBe(200);
    const counts = decisions.body as { key: { decision: string }; count: number }[];
    const countOf = (decision: string) =>
      counts.filter(({ key }) => key.decision === decision).reduce((sum, { count }) => sum + count, 0);
    expect([countOf("deny"), countOf("allow")]).toEqual([108, 10]);

    const series = await get("/api/series");
    expect(series.body).toMatchObject([{ unit: "events" }]);
    const [{ points }] = series.body as [{ points: { windows: (number | null)[] }[] }];
    expect(points.at(-1)?.windows).toHaveLength(3);
    expect(points.at(-1)?.windows[2]).toBe(118);

    expect(await get("/api/top")).toMatchObject({
      body: { groups: 2, total: 118, rows: [{ key: { agentId: "steady-bot" }, value: 108 }, { value: 10 }] },
    });
    const anomalies = await get("/api/anomalies?metric=denials");
    expect(anomalies.body).toMatchObject([{ key: { agentId: "steady-bot" } }]);
    const [{ points: unusual }] = anomalies.body as [{ points: { value: number }[] }];
    expect(unusual.map(({ value }) => value)).toContain(61);

    expect(await get("/api/top?days=soon")).toMatchObject({ status: 400 });
    expect(await get("/api/series?aggregate=most")).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("aggregate") },
    });
    expect(await get("/api/nothing")).toMatchObject({ status: 404 });
    expect((await fetch(`${url}/api/top`, { method: "POST" })).status).toBe(405);
    expect(await (await fetch(url)).text()).toContain("<h1>");
    expect(await program.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(await storage.audit.count()).toBe(118);
  });
});
