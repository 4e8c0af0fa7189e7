import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { rejects } from "../../support/assert.js";
import { soon } from "../../support/soon.js";
import { type ApprovalCase, request, stored, verdict } from "./case.js";

/** Short enough to wait for; the wait may also begin when it is over. */
const EXPIRES_IN_MS = 500;

/** Waiting, and what outlives the waiting process. */
export const approvalWaitCases: readonly ApprovalCase[] = [
  {
    id: "approvals.wait.decision",
    title: "a wait resolves with the decision, wherever it was made, also with an earlier one",
    async run({ open, second }) {
      const queue = await open();
      const other = await second(queue);
      const one = await queue.submit(request(1));
      const waits = [queue.wait(one.requestId), other.wait(one.requestId)];
      await sleep(50);
      const decided = await other.decide(one.requestId, verdict(one, "alice"));
      for (const wait of waits) assert.deepEqual(await soon(wait, "a decision to one who waits"), decided);
      assert.deepEqual(await soon(queue.wait(one.requestId), "a decision of before"), decided);
    },
  },
  {
    id: "approvals.wait.expiry",
    title: "a wait resolves with the decision of expiry",
    async run({ open, advance }) {
      const queue = await open();
      const one = await queue.submit(request(1, { expiresInMs: EXPIRES_IN_MS, onExpiry: "approve" }));
      const wait = queue.wait(one.requestId);
      await advance(queue, EXPIRES_IN_MS);
      const { state, decision } = await soon(wait, "the verdict of expiry");
      assert.equal(state, "approved");
      assert.equal(decision?.source, "expiry");
    },
  },
  {
    id: "approvals.wait.abort",
    title: "an abort rejects with its reason, closing with closed, an unknown request at once",
    async run({ open }) {
      const queue = await open();
      const one = await queue.submit(request(1));
      await soon(rejects(queue.wait("unknown"), "not_found"), "the refusal of an unknown request");
      const unsuitable = rejects(queue.wait(one.requestId, { signal: {} as never }), "invalid_argument", /signal/);
      await soon(unsuitable, "the refusal of what is no signal");
      const reason = new Error("gone home");
      const before = queue.wait(one.requestId, { signal: AbortSignal.abort(reason) });
      await soon(assert.rejects(before, reason), "a wait that was aborted before");
      const abort = new AbortController();
      const aborted = assert.rejects(queue.wait(one.requestId, { signal: abort.signal }), reason);
      await sleep(20);
      abort.abort(reason);
      await soon(aborted, "the abort of a wait");
      assert.equal((await stored(queue, one.requestId)).state, "pending");
      const closed = rejects(queue.wait(one.requestId), "closed");
      await sleep(20);
      await queue.close();
      await soon(closed, "the end of a wait when the queue is closed");
    },
  },
  {
    id: "approvals.close.refuses",
    title: "after close every operation is refused, and closing again does nothing",
    async run({ open }) {
      const queue = await open();
      const one = await queue.submit(request(1));
      // A server that may lose requests is degraded.
      assert.notEqual((await queue.health()).status, "down");
      await queue.close();
      await queue[Symbol.asyncDispose]();
      const calls = [
        () => queue.submit(request(2)),
        () => queue.claim(one.requestId, { approver: "alice" }),
        () => queue.claimNext({ approver: "alice" }),
        () => queue.release(one.requestId, { approver: "alice" }),
        () => queue.decide(one.requestId, verdict(one, "alice")),
        () => queue.get(one.requestId),
        () => queue.list(),
        () => queue.wait(one.requestId),
        () => queue.health(),
      ];
      for (const call of calls) await rejects(call, "closed");
    },
  },
  {
    id: "approvals.reopen.survives",
    title: "pending, claimed and decided requests outlive the queue where the store does",
    async run({ harness, open }) {
      const queue = await open();
      const one = await queue.submit(request(1));
      if (harness.reopen === undefined) {
        // A queue that dies with the process at least keeps nothing from the one before.
        assert.deepEqual(await (await open()).list(), { items: [] });
        return;
      }
      const two = await queue.submit(request(2));
      const claimed = await queue.claim(two.requestId, { approver: "alice" });
      const three = await queue.submit(request(3));
      const decided = await queue.decide(three.requestId, verdict(three, "bob", { reason: "fine" }));
      const again = await harness.reopen(queue, {});
      assert.deepEqual((await again.list()).items, [one, claimed, decided]);
      await rejects(again.claim(two.requestId, { approver: "carol" }), "conflict", /claimed/);
      assert.equal((await again.decide(one.requestId, verdict(one, "carol"))).state, "approved");
    },
  },
];
