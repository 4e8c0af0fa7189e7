import assert from "node:assert/strict";
import type { AuditEvent, GovernanceRecord } from "@agent-assembly/storage-core";
import type { ApprovalQueue } from "@agent-assembly/storage-core/state";
import { governanceEvents } from "../../cases/governance/support.js";
import { rejects } from "../../support/assert.js";
import { type ApprovalCase, type ApprovalContext, request, verdict } from "./case.js";

/** What is recorded of one request, in the order of the changes that a request can go through. */
async function recorded(
  { harness }: Pick<ApprovalContext, "harness">,
  queue: ApprovalQueue,
  requestId: string,
): Promise<(Omit<AuditEvent, "payload"> & { readonly record: GovernanceRecord })[]> {
  const events = await governanceEvents(harness.log(queue));
  return events
    .map(({ payload, ...event }) => ({ ...event, record: payload as GovernanceRecord }))
    .filter(({ record }) => record.subject.requestId === requestId)
    .toSorted(
      (a, b) => Number(a.record.change !== "approval.submitted") - Number(b.record.change !== "approval.submitted"),
    );
}

/** Requests and decisions leave a trace in the audit log, which stays when they are purged. */
export const approvalRecordCases: readonly ApprovalCase[] = [
  {
    id: "approvals.record.decided",
    title:
      "a request and its decision are one event each, about the agent, with who decided what, why and after how long",
    async run(context) {
      const { open, second } = context;
      const queue = await open();
      const other = await second(queue);
      const one = await queue.submit(request(1));
      await queue.submit(request(1));
      await other.claim(one.requestId, { approver: "alice" });
      await other.release(one.requestId, { approver: "alice" });
      const denied = await other.decide(one.requestId, verdict(one, "alice", { verdict: "deny", reason: "too much" }));
      await rejects(queue.decide(one.requestId, verdict(one, "bob")), "conflict");
      const [submitted, decided, ...more] = await recorded(context, queue, one.requestId);
      assert.ok(submitted !== undefined && decided !== undefined && more.length === 0);
      for (const { agentId, teamId } of [submitted, decided])
        assert.deepEqual([agentId, teamId], ["agent-1", "team-1"]);
      assert.deepEqual([submitted.decision, decided.decision], ["pending", "deny"]);
      assert.deepEqual([submitted.ts, decided.ts], [one.submittedAt, denied.decision.at]);
      assert.deepEqual(submitted.record, {
        change: "approval.submitted",
        subject: { requestId: one.requestId },
        after: {
          requestedAction: "tool_call",
          request: `sha256:${one.digest}`,
          onExpiry: one.onExpiry,
          expiresAt: one.expiresAt.toISOString(),
        },
      });
      assert.deepEqual(decided.record, {
        change: "approval.decided",
        subject: { requestId: one.requestId },
        after: {
          requestedAction: "tool_call",
          request: `sha256:${one.digest}`,
          verdict: "deny",
          waitedMs: denied.decision.at.getTime() - one.submittedAt.getTime(),
        },
        actor: "alice",
        reason: "too much",
      });
    },
  },
  {
    id: "approvals.record.expired",
    title: "an expiry is an event at the time of the expiry, written once, however many handles see it",
    async run(context) {
      const { open, second, advance } = context;
      const queue = await open({ expiresInMs: 50, onExpiry: "deny" });
      const other = await second(queue);
      const one = await queue.submit(request(1));
      await advance(queue, 60);
      await Promise.all([queue.get(one.requestId), other.get(one.requestId), queue.wait(one.requestId)]);
      const [, expired, ...more] = await recorded(context, queue, one.requestId);
      assert.ok(expired !== undefined && more.length === 0);
      assert.deepEqual(
        [expired.record.change, expired.decision, expired.record.actor],
        ["approval.expired", "deny", undefined],
      );
      assert.deepEqual(expired.ts, one.expiresAt);
    },
  },
  {
    id: "approvals.record.purged",
    title: "what expired unseen is recorded before it is purged, and the record outlives it",
    async run(context) {
      const { open, second, advance } = context;
      const options = { expiresInMs: 20, onExpiry: "deny", retainMs: 1000 } as const;
      const queue = await open(options);
      const one = await queue.submit(request(1));
      await advance(queue, 1100);
      // A handle purges with its first submission.
      const other = await second(queue, options);
      if (other === queue) await advance(queue, 60_000);
      await other.submit(request(2));
      assert.equal(await queue.get(one.requestId), undefined);
      const changes = (await recorded(context, queue, one.requestId)).map(({ record }) => record.change);
      assert.deepEqual(changes, ["approval.submitted", "approval.expired"]);
    },
  },
  {
    id: "approvals.record.races",
    title: "of racing decisions the one that counts is recorded, and no other",
    async run(context) {
      const { open, second } = context;
      const queue = await open();
      const other = await second(queue);
      for (let n = 0; n < 10; n++) {
        const one = await queue.submit(request(n));
        const both = await Promise.allSettled([
          queue.decide(one.requestId, verdict(one, "alice", { verdict: "approve" })),
          other.decide(one.requestId, verdict(one, "bob", { verdict: "deny" })),
        ]);
        const [won] = both.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
        const [, decided, ...more] = await recorded(context, queue, one.requestId);
        assert.equal(more.length, 0);
        assert.equal(decided?.record.actor, won?.state === "approved" ? "alice" : "bob");
      }
    },
  },
  {
    id: "approvals.record.refused",
    title: "a request that is refused is not recorded",
    async run(context) {
      const queue = await context.open();
      await rejects(queue.submit(request(1, { agentId: "" })), "invalid_argument");
      const one = await queue.submit(request(2));
      await rejects(queue.submit(request(2, { agentId: "agent-2" })), "conflict");
      await rejects(queue.decide(one.requestId, { ...verdict(one, "alice"), digest: "0".repeat(64) }), "conflict");
      assert.equal((await governanceEvents(context.harness.log(queue))).length, 1);
    },
  },
];
