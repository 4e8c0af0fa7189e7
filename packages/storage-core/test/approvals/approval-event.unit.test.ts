import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { approvalEvent, type DecidedApproval, openMemoryApprovals } from "@agent-assembly/storage-core/state";
import { expect, it } from "vitest";

const START = Date.UTC(2026, 2, 10, 12);

async function decided(verdict: "approve" | "deny", waitMs: number): Promise<DecidedApproval> {
  let now = START;
  const approvals = openMemoryApprovals({ clock: () => now });
  const { requestId, digest } = await approvals.submit({
    requestId: `r-${verdict}`,
    agentId: "payer",
    teamId: "finance",
    action: "tool_call",
    request: { tool: "transfer", amount: 700 },
  });
  now += waitMs;
  return approvals.decide(requestId, { verdict, digest, approver: "ann", reason: "checked" });
}

it("says who decided what, and how long the request waited", async () => {
  const approval = await decided("deny", 90_000);
  const event = approvalEvent(approval);
  expect(event).toMatchObject({
    ts: new Date(START + 90_000),
    agentId: "payer",
    teamId: "finance",
    action: "approval",
    decision: "deny",
    payload: {
      requestId: "r-deny",
      requestedAction: "tool_call",
      digest: approval.digest,
      decidedBy: "approver",
      approver: "ann",
      reason: "checked",
      latencyMs: 90_000,
    },
  });
  expect(JSON.stringify(event)).not.toContain("700");
});

it("is stored once, and is a sample of approvals.latency", async () => {
  await using storage = openMemoryStorage({ clock: () => START + 3_600_000 });
  const events = [approvalEvent(await decided("approve", 1000)), approvalEvent(await decided("deny", 3000))];
  expect(await storage.audit.append(events)).toMatchObject({ inserted: 2 });
  expect(await storage.audit.append(events)).toMatchObject({ inserted: 0, duplicates: 2 });
  const range = { metric: "approvals.latency", from: new Date(START), to: new Date(START + 60_000) };
  const [series] = await storage.metrics.query({ ...range, aggregate: "p50", unit: "s" });
  expect(series).toEqual({ key: {}, unit: "s", points: [{ ts: range.from, value: 2 }] });
  expect(await storage.metrics.top({ ...range, by: "labels.decision", aggregate: "max" })).toMatchObject({
    rows: [
      { key: { "labels.decision": "deny" }, value: 3000 },
      { key: { "labels.decision": "allow" }, value: 1000 },
    ],
    total: null,
  });
});
