import assert from "node:assert/strict";
import { type NewApproval, requestDigest } from "@agent-assembly/storage-core/state";
import { rejects } from "../../support/assert.js";
import { inTime } from "../in-time.js";
import { type ApprovalCase, claimOf, request, stored, verdict } from "./case.js";

/** That every request is decided once, and only as what it was looked at. */
export const approvalDecisionCases: readonly ApprovalCase[] = [
  {
    id: "approvals.decide.records",
    title: "a decision says who, what, why and when, to every reader",
    async run({ open, second }) {
      const queue = await open();
      const other = await second(queue);
      const one = await queue.submit(request(1));
      const denied = await queue.decide(one.requestId, verdict(one, "alice", { verdict: "deny", reason: "too much" }));
      assert.equal(denied.state, "denied");
      const { at, ...rest } = denied.decision ?? assert.fail("there is a decision");
      assert.deepEqual(rest, { verdict: "deny", source: "approver", approver: "alice", reason: "too much" });
      assert.ok(at >= one.submittedAt && at < one.expiresAt);
      assert.deepEqual(await stored(other, one.requestId), denied);
      const two = await queue.submit(request(2));
      const approved = await other.decide(two.requestId, verdict(two, "bob"));
      assert.equal(approved.state, "approved");
      assert.equal("reason" in (approved.decision ?? {}), false);
    },
  },
  {
    id: "approvals.decide.once",
    title: "what is decided stays so: no second decision, claim or release",
    async run({ open, second }) {
      const queue = await open();
      const other = await second(queue);
      const one = await queue.submit(request(1));
      const first = await queue.decide(one.requestId, verdict(one, "alice"));
      for (const approver of ["alice", "bob"]) {
        await rejects(other.decide(one.requestId, verdict(one, approver, { verdict: "deny" })), "conflict", /decided/);
        await rejects(other.claim(one.requestId, { approver }), "conflict", /decided/);
        await rejects(other.release(one.requestId, { approver }), "conflict", /decided/);
      }
      assert.deepEqual(await stored(other, one.requestId), first);
    },
  },
  {
    id: "approvals.decide.race",
    title: "of two approvers who decide at the same time exactly one does",
    async run({ open, second }) {
      const queue = await open();
      const other = await second(queue);
      for (let n = 0; n < 25; n++) {
        const one = await queue.submit(request(n));
        const both = await Promise.allSettled([
          queue.decide(one.requestId, verdict(one, "alice", { verdict: "approve" })),
          other.decide(one.requestId, verdict(one, "bob", { verdict: "deny" })),
        ]);
        const won = both.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
        assert.equal(won.length, 1);
        assert.deepEqual(await stored(queue, one.requestId), won[0]);
      }
    },
  },
  {
    id: "approvals.decide.other-digest",
    title: "a decision that was made for another request is refused, and the request stays pending",
    async run({ open }) {
      const queue = await open();
      const one = await queue.submit(request(1));
      const digest = requestDigest({ tool: "transfer", arguments: { amount: 2 } });
      await rejects(queue.decide(one.requestId, verdict(one, "alice", { digest })), "conflict", /digest/);
      await queue.claim(one.requestId, { approver: "alice" });
      await rejects(queue.decide(one.requestId, verdict(one, "alice", { digest })), "conflict", /digest/);
      assert.equal((await stored(queue, one.requestId)).state, "claimed");
      assert.equal((await queue.decide(one.requestId, verdict(one, "alice"))).state, "approved");
    },
  },
  {
    id: "approvals.expiry.decides",
    title: "an expired request is decided by its default, without an approver, and cannot be decided any more",
    async run({ open, second, advance }) {
      const queue = await open();
      const other = await second(queue);
      await inTime(
        (ms) => advance(queue, ms),
        async (moment) => {
          const expiring = (n: number, members: Partial<NewApproval> = {}) =>
            queue.submit(request(moment.attempt * 10 + n, { expiresInMs: moment.ms, ...members }));
          const deny = await expiring(1);
          const approve = await expiring(2, { onExpiry: "approve" });
          const owned = await expiring(3);
          await queue.claim(owned.requestId, { approver: "alice", leaseMs: 60_000 });
          await moment.advance(moment.ms);
          await rejects(other.decide(deny.requestId, verdict(deny, "alice")), "conflict", /expired/);
          await rejects(other.claim(deny.requestId, { approver: "alice" }), "conflict", /expired/);
          for (const [one, decision] of [
            [deny, "deny"],
            [approve, "approve"],
            [owned, "deny"],
          ] as const) {
            const read = await stored(other, one.requestId);
            assert.equal(read.state, decision === "deny" ? "denied" : "approved");
            assert.deepEqual(read.decision, { verdict: decision, source: "expiry", at: one.expiresAt });
            assert.equal(claimOf(read), undefined);
            assert.deepEqual(await stored(queue, one.requestId), read);
            await rejects(queue.decide(one.requestId, verdict(one, "alice")), "conflict", /expired/);
          }
        },
      );
    },
  },
  {
    id: "approvals.decide.bad-input",
    title: "verdicts, digests and names that cannot be, and unknown requests, are refused",
    async run({ open }) {
      const queue = await open();
      const one = await queue.submit(request(1));
      const bad: [Record<string, unknown>, RegExp][] = [
        [{ approver: undefined }, /approver/],
        [{ verdict: "maybe" }, /verdict/],
        [{ digest: undefined }, /digest/],
        [{ digest: one.digest.toUpperCase() }, /digest/],
        [{ reason: "" }, /reason/],
        [{ extra: true }, /unknown key/],
      ];
      for (const [members, message] of bad) {
        const options = { ...verdict(one, "alice"), ...members } as never;
        await rejects(queue.decide(one.requestId, options), "invalid_argument", message);
      }
      await rejects(queue.decide("unknown", verdict(one, "alice")), "not_found");
      await rejects(queue.get(7 as never), "invalid_argument", /requestId/);
      assert.equal(await queue.get("unknown"), undefined);
      assert.equal((await stored(queue, one.requestId)).state, "pending");
    },
  },
];
