import { describe, expect, it } from "vitest";
import { identity, type TestApi, testApi } from "./support/test-api.js";

const CARE = identity("care", ["read", "ingest", "admin"], "care");

async function register(api: TestApi, agentId: string, teamId?: string): Promise<void> {
  const { status } = await api.call("POST", "/agents", { json: { agentId, teamId, metadata: { version: "1" } } });
  if (status !== 201) throw new Error(`status ${status}`);
}

/** Payloads of the governance events of the store, oldest first. */
async function changes(api: TestApi): Promise<unknown[]> {
  const { body } = await api.call("GET", "/events?action=governance&order=oldest&payloads=full");
  return body.items.map(({ payload }: { payload: unknown }) => payload);
}

describe("agents", () => {
  it("are registered, read, listed and removed, and the actor is recorded", async () => {
    const api = await testApi();
    await register(api, "a/1", "care");
    await register(api, "b");
    const one = await api.call("GET", "/agents/a%2F1");
    expect(one.body).toMatchObject({ agentId: "a/1", teamId: "care", enforcementMode: "enforce", revision: 1 });
    expect(one.headers.get("etag")).toBe('"1"');
    const page = await api.call("GET", "/agents?limit=1");
    expect(page.body.items.map(({ agentId }: { agentId: string }) => agentId)).toEqual(["a/1"]);
    const rest = await api.call("GET", `/agents?limit=1&cursor=${encodeURIComponent(page.body.next)}`);
    expect(rest.body.items.map(({ agentId }: { agentId: string }) => agentId)).toEqual(["b"]);
    expect((await api.call("GET", "/agents?teamId=care&status=registered")).body.items).toHaveLength(1);
    expect((await api.call("DELETE", "/agents/b?reason=gone")).body.agentId).toBe("b");
    expect((await api.call("GET", "/agents/b")).status).toBe(404);
    const again = await api.call("POST", "/agents", { json: { agentId: "a/1" } });
    expect([again.status, again.body.code]).toEqual([409, "conflict"]);
    expect(await changes(api)).toMatchObject([
      { change: "agent.registered", actor: "operator" },
      { change: "agent.registered", actor: "operator" },
      { change: "agent.removed", actor: "operator", reason: "gone" },
    ]);
  });

  it("change where If-Match names the revision, and not where it is stale", async () => {
    const api = await testApi();
    await register(api, "a");
    const changed = await api.call("PATCH", "/agents/a", { json: { name: "A" }, headers: { "if-match": '"1"' } });
    expect(changed.body).toMatchObject({ name: "A", revision: 2 });
    expect(changed.headers.get("etag")).toBe('"2"');
    const stale = await api.call("PATCH", "/agents/a", { json: { name: "B" }, headers: { "if-match": '"1"' } });
    expect([stale.status, stale.body.code, stale.body.current]).toEqual([412, "conflict", 2]);
    const any = await api.call("PATCH", "/agents/a", { json: { name: null }, headers: { "if-match": "*" } });
    expect(any.body).not.toHaveProperty("name");
    const bad = await api.call("PATCH", "/agents/a", { json: {}, headers: { "if-match": 'W/"3"' } });
    expect([bad.status, bad.body.option]).toEqual([400, "If-Match"]);
    expect((await api.call("PATCH", "/agents/none", { json: { name: "B" } })).status).toBe(404);
  });

  it("take a mode for a time, a credential, heartbeats and their end", async () => {
    const api = await testApi();
    await register(api, "a");
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const mode = await api.call("PUT", "/agents/a/enforcement-mode", { json: { mode: "shadow", expiresAt } });
    expect(mode.body).toMatchObject({ enforcementMode: "shadow", enforcementWindow: { mode: "shadow", expiresAt } });
    const past = { mode: "shadow", expiresAt: "2020-01-01T00:00:00Z" };
    expect((await api.call("PUT", "/agents/a/enforcement-mode", { json: past })).status).toBe(400);
    const credential = await api.call("PUT", "/agents/a/credential", { json: { credential: "SHA256:1" } });
    expect(credential.body.identity).toMatchObject({ credential: "SHA256:1", generation: 1 });
    expect((await api.call("POST", "/agents/a/heartbeat")).body.status).toBe("online");
    expect((await api.call("POST", "/agents/a/offline")).body.status).toBe("offline");
    expect((await api.call("POST", "/agents/none/heartbeat")).status).toBe(404);
  });

  it("of other teams look to a team's token as if they were not there", async () => {
    const api = await testApi();
    await register(api, "own", "care");
    await register(api, "other", "sales");
    const { body } = await api.call("GET", "/agents", { as: CARE });
    expect(body.items.map(({ agentId }: { agentId: string }) => agentId)).toEqual(["own"]);
    for (const [method, path, json] of [
      ["GET", "/agents/other", undefined],
      ["PATCH", "/agents/other", { name: "x" }],
      ["PUT", "/agents/other/enforcement-mode", { mode: "disabled" }],
      ["PUT", "/agents/other/credential", { credential: "x" }],
      ["POST", "/agents/other/heartbeat", undefined],
      ["POST", "/agents/other/offline", undefined],
      ["DELETE", "/agents/other", undefined],
    ] as const) {
      expect([method, path, (await api.call(method, path, { as: CARE, json })).status]).toEqual([method, path, 404]);
    }
    expect((await api.call("PATCH", "/agents/own", { as: CARE, json: { teamId: "sales" } })).status).toBe(403);
    expect((await api.call("PATCH", "/agents/own", { as: CARE, json: { teamId: null } })).status).toBe(403);
    const made = await api.call("POST", "/agents", { as: CARE, json: { agentId: "new" } });
    expect(made.body.teamId).toBe("care");
    const foreign = await api.call("POST", "/agents", { as: CARE, json: { agentId: "x", teamId: "sales" } });
    expect(foreign.status).toBe(403);
  });

  it.each([
    [{}, "agentId"],
    [{ agentId: "" }, "agentId"],
    [{ agentId: "x".repeat(513) }, "agentId"],
    [{ agentId: "a", metadata: [] }, "metadata"],
    [{ agentId: "a", colour: "red" }, undefined],
    [[], undefined],
    ["a", undefined],
  ])("refuses to register %j", async (json, option) => {
    const api = await testApi({ backend: "memory" });
    const { status, body } = await api.call("POST", "/agents", { json });
    expect([status, body.code, body.option]).toEqual([400, "invalid_argument", option ?? body.option]);
  });

  it("keeps numbers of metadata as they were sent, or refuses them", async () => {
    const api = await testApi({ backend: "memory" });
    const body = '{"agentId":"a","metadata":{"n":0.1000000000000000055511151231257827}}';
    const answer = await api.call("POST", "/agents", { body, headers: { "content-type": "application/json" } });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain("/metadata/n");
  });
});
