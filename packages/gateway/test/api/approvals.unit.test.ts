import { describe, expect, it } from "vitest";
import { identity, type TestApi, testApi } from "./support/test-api.js";

const ANN = identity("ann", ["read", "approve"]);
const BEN = identity("ben", ["read", "approve"]);
const REQUEST = { agentId: "bot", action: "tool_call", request: { tool: "refund", arguments: { order: "o-7" } } };

async function submit(api: TestApi, more: object = {}) {
  const { body } = await api.call("POST", "/approvals", { json: { ...REQUEST, ...more } });
  return body as { requestId: string; digest: string };
}

describe("approvals", () => {
  it("are decided once: of two approvers one succeeds, and the other is told who decided", async () => {
    const api = await testApi();
    const { requestId, digest } = await submit(api);
    const decide = (as: typeof ANN, verdict: string) =>
      api.call("POST", `/approvals/${requestId}/decide`, { as, json: { verdict, digest, reason: `by ${as.name}` } });
    const answers = await Promise.all([decide(ANN, "approve"), decide(BEN, "deny")]);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 409]);
    const [won, lost] = answers[0].status === 200 ? answers : [answers[1], answers[0]];
    expect(lost.body.code).toBe("conflict");
    expect(lost.body.approval).toEqual(won.body);
    expect(lost.body.approval.decision).toMatchObject({ source: "approver", at: expect.any(String) });
    const { body } = await api.call("GET", "/events?action=governance&payloads=full");
    const decided = body.items.filter(
      ({ payload }: { payload: { change: string } }) => payload.change === "approval.decided",
    );
    expect(decided[0].payload.actor).toBe(won.body.decision.approver);
    expect(decided).toHaveLength(1);
  });

  it("are refused for another digest than that of what was looked at", async () => {
    const api = await testApi();
    const { requestId } = await submit(api);
    const json = { verdict: "approve", digest: "0".repeat(64) };
    const { status, body } = await api.call("POST", `/approvals/${requestId}/decide`, { as: ANN, json });
    expect([status, body.approval.state]).toEqual([409, "pending"]);
  });

  it("are claimed by one approver, released and claimed again", async () => {
    const api = await testApi();
    const { requestId, digest } = await submit(api);
    const claimed = await api.call("POST", `/approvals/${requestId}/claim`, { as: ANN, json: { leaseMs: 60_000 } });
    expect(claimed.body.claim.approver).toBe("ann");
    const other = await api.call("POST", `/approvals/${requestId}/claim`, { as: BEN });
    expect([other.status, other.body.approval.claim.approver]).toEqual([409, "ann"]);
    const json = { verdict: "deny", digest };
    expect((await api.call("POST", `/approvals/${requestId}/decide`, { as: BEN, json })).status).toBe(409);
    expect((await api.call("POST", `/approvals/${requestId}/release`, { as: BEN })).status).toBe(409);
    expect((await api.call("POST", `/approvals/${requestId}/release`, { as: ANN })).body.state).toBe("pending");
    const next = await api.call("POST", "/approvals/claim-next", { as: BEN });
    expect(next.body).toMatchObject({ requestId, claim: { approver: "ben" } });
    expect((await api.call("POST", "/approvals/claim-next", { as: ANN, json: { agentId: ["bot"] } })).status).toBe(204);
  });

  it("are waited for until the decision", async () => {
    const api = await testApi();
    const { requestId, digest } = await submit(api);
    const waiting = api.call("GET", `/approvals/${requestId}/wait`, { as: identity("agent", ["ingest"]) });
    await api.call("POST", `/approvals/${requestId}/decide`, { as: ANN, json: { verdict: "approve", digest } });
    expect((await waiting).body).toMatchObject({ state: "approved", decision: { approver: "ann" } });
    expect((await api.call("GET", `/approvals/${requestId}/wait?timeoutMs=1`)).body.state).toBe("approved");
  });

  it("answer a wait that ends before the decision with the request as it is", async () => {
    const api = await testApi();
    const { requestId } = await submit(api);
    expect((await api.call("GET", `/approvals/${requestId}/wait?timeoutMs=20`)).body.state).toBe("pending");
    const waiting = api.call("GET", `/approvals/${requestId}/wait`);
    api.closing.abort();
    expect((await waiting).body.state).toBe("pending");
  });

  it("are submitted once for one id", async () => {
    const api = await testApi();
    const first = await submit(api, { requestId: "r1" });
    expect(await submit(api, { requestId: "r1" })).toEqual(first);
    const json = { ...REQUEST, requestId: "r1", request: { tool: "other" } };
    const { status, body } = await api.call("POST", "/approvals", { json });
    expect([status, body.code]).toEqual([409, "conflict"]);
    expect((await api.call("GET", "/approvals?state=pending&agentId=bot")).body.items).toHaveLength(1);
    expect((await api.call("GET", "/approvals?state=approved&state=denied")).body.items).toEqual([]);
  });

  it("of other teams look to a team's token as if they were not there", async () => {
    const api = await testApi();
    const as = identity("care", ["read", "approve", "ingest"], "care");
    const { requestId, digest } = await submit(api, { teamId: "sales" });
    expect((await api.call("GET", "/approvals", { as })).body.items).toEqual([]);
    for (const [method, path, json] of [
      ["GET", `/approvals/${requestId}`, undefined],
      ["GET", `/approvals/${requestId}/wait`, undefined],
      ["POST", `/approvals/${requestId}/claim`, undefined],
      ["POST", `/approvals/${requestId}/release`, undefined],
      ["POST", `/approvals/${requestId}/decide`, { verdict: "approve", digest }],
    ] as const) {
      expect([path, (await api.call(method, path, { as, json })).status]).toEqual([path, 404]);
    }
    expect((await api.call("POST", "/approvals/claim-next", { as })).status).toBe(204);
    const { body } = await api.call("POST", "/approvals", { as, json: REQUEST });
    expect(body.teamId).toBe("care");
    expect((await api.call("POST", "/approvals", { as, json: { ...REQUEST, teamId: "sales" } })).status).toBe(403);
  });

  it.each([
    ["POST", "/approvals", { agentId: "bot", action: "x" }, "request"],
    ["POST", "/approvals", { ...REQUEST, expiresInMs: 0 }, "expiresInMs"],
    ["POST", "/approvals", { ...REQUEST, onExpiry: "maybe" }, "onExpiry"],
    ["POST", "/approvals/r/decide", { verdict: "approve" }, "digest"],
    ["POST", "/approvals/r/decide", { verdict: "yes", digest: "d" }, "verdict"],
    ["POST", "/approvals/r/claim", { leaseMs: -1 }, "leaseMs"],
    ["GET", "/approvals?state=open", undefined, "state[0]"],
    ["GET", "/approvals/r/wait?timeoutMs=999999", undefined, "timeoutMs"],
  ])("refuses %s %s with %j", async (method, path, json, option) => {
    const api = await testApi({ backend: "memory" });
    const { status, body } = await api.call(method, path, { json });
    expect([status, body.code, body.option]).toEqual([400, "invalid_argument", option]);
  });

  it("that are not there are not found", async () => {
    const api = await testApi({ backend: "memory" });
    const json = { verdict: "approve", digest: "0".repeat(64) };
    expect((await api.call("POST", "/approvals/none/decide", { json })).status).toBe(404);
    expect((await api.call("POST", "/approvals/none/claim")).status).toBe(404);
    expect((await api.call("GET", "/approvals/none/wait")).status).toBe(404);
  });
});
