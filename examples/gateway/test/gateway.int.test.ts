import { fileURLToPath } from "node:url";
import { onEachStore, startExample } from "@agent-assembly/example-programs";
import type { AgentStorage, AuditEvent } from "@agent-assembly/storage";
import { expect, it, vi } from "vitest";

const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));
const POLICY = { tools: { search: "allow", issue_refund: "ask", delete_account: "deny" }, callsPerMinute: 5 };
const REFUND = { agentId: "support-bot", teamId: "support", tool: "issue_refund", arguments: { amount: 700 } };

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

async function activate(storage: AgentStorage): Promise<void> {
  const { version } = await storage.policies.save(
    { name: "guardrails", source: JSON.stringify(POLICY), format: "json" },
    { actor: "ann" },
  );
  await storage.policies.activate("guardrails", version, { actor: "ann" });
}

async function eventsOf(storage: AgentStorage): Promise<AuditEvent[]> {
  return (await storage.audit.query({}, { order: "oldest" })).items;
}

onEachStore((newStore) => {
  async function newGateway() {
    const store = await newStore();
    const storage = await store.open();
    const start = async () => {
      const program = startExample(EXAMPLE, ["src/server.js"], store, { PORT: "0" });
      const url = (await program.wrote(/listening on (http:\S+)/))[1] as string;
      const call = async (body: object): Promise<Answer> => {
        const response = await fetch(`${url}/tool-calls`, { method: "POST", body: JSON.stringify(body) });
        const { status, headers } = response;
        return { status, retryAfter: headers.get("retry-after"), body: (await response.json()) as Answer["body"] };
      };
      return { program, url, call };
    };
    return { storage, start };
  }

  it("denies everything without a policy, and applies one that is activated while it runs", async () => {
    const { storage, start } = await newGateway();
    const { call } = await start();
    const search = { agentId: "support-bot", tool: "search", arguments: { query: "order 7" } };
    expect(await call(search)).toMatchObject({ status: 403, body: { rule: "no-policy" } });
    await activate(storage);
    await vi.waitUntil(async () => (await call({ ...search, agentId: "poller" })).status === 200, { timeout: 60_000 });
    expect(await call(search)).toMatchObject({ status: 200, body: { decision: "allow", result: { found: 3 } } });
    expect(await call({ ...search, tool: "delete_account" })).toMatchObject({
      status: 403,
      body: { decision: "deny", rule: "guardrails@1/tools/delete_account" },
    });
    expect(await call({ ...search, tool: "toString" })).toMatchObject({
      status: 403,
      body: { rule: "guardrails@1/default" },
    });
    const mine = (await eventsOf(storage)).filter(({ agentId }) => agentId === "support-bot");
    expect(mine.map(({ decision }) => decision)).toEqual(["deny", "allow", "deny", "deny"]);
  });

  it("asks for approval, lets it be used once, and records the decision", async () => {
    const { storage, start } = await newGateway();
    await activate(storage);
    const first = await start();
    const asked = await first.call(REFUND);
    expect(asked).toMatchObject({ status: 202, body: { decision: "pending" } });
    const { approvalId } = asked.body as { approvalId: string };
    expect(await first.call({ ...REFUND, approvalId })).toMatchObject({ status: 202 });
    expect(await first.program.end("SIGTERM")).toEqual({ code: 0, signal: null });

    const { digest } = (await storage.approvals.get(approvalId)) ?? { digest: "" };
    await storage.approvals.decide(approvalId, { approver: "ann", verdict: "approve", digest });
    const { call, url } = await start();
    const other = { ...REFUND, arguments: { amount: 70_000 }, approvalId };
    expect(await call(other)).toMatchObject({ status: 403, body: { approval: "for another call" } });
    expect(await call({ ...REFUND, approvalId })).toMatchObject({ status: 200, body: { decision: "allow" } });
    expect(await call({ ...REFUND, approvalId })).toMatchObject({ status: 403, body: { approval: "used before" } });
    expect(await (await fetch(`${url}/usage`)).json()).toMatchObject({
      tokens: { unit: "tokens", rows: [{ key: { agentId: "support-bot", "labels.tool": "issue_refund" }, value: 40 }] },
      cost: { unit: "USD", rows: [{ exact: "0.000120" }] },
    });
    const approvals = () => eventsOf(storage).then((events) => events.filter(({ action }) => action === "approval"));
    await vi.waitUntil(async () => (await approvals()).length === 1, { timeout: 60_000 });
    expect(await approvals()).toMatchObject([
      { decision: "allow", payload: { requestId: approvalId, approver: "ann" } },
    ]);
  });

  it("limits each agent, and answers bad requests without recording them", async () => {
    const { storage, start } = await newGateway();
    await activate(storage);
    const { call, program, url } = await start();
    const search = { agentId: "busy-bot", tool: "search" };
    const statuses = await Promise.all(Array.from({ length: 8 }, () => call(search)));
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect(Number(statuses.find(({ status }) => status === 429)?.retryAfter)).toBeGreaterThan(0);
    expect(await call({ ...search, agentId: "other-bot" })).toMatchObject({ status: 200 });
    expect(await call({ tool: "search" })).toMatchObject({ status: 400, body: { error: "agentId must be a text" } });
    expect(await call({ agentId: "x".repeat(600), tool: "search" })).toMatchObject({ status: 400 });
    expect(await storage.audit.count({ decision: "deny", agentId: "busy-bot" })).toBe(3);
    expect(await storage.audit.count({ action: "tool_call" })).toBe(9);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await program.end("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});
