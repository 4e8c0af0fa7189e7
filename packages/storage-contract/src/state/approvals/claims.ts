import assert from "node:assert/strict";
import { rejects } from "../../support/assert.js";
import { inTime } from "../in-time.js";
import { type ApprovalCase, claimOf, deciderOf, request, stored, verdict } from "./case.js";

/** Who may decide, and for how long. */
export const approvalClaimCases: readonly ApprovalCase[] = [
  {
    id: "approvals.claim.exclusive",
    title: "a claimed request is one approver's: others cannot claim, decide or give it back until it is given back",
    async run({ open, second }) {
      const queue = await open();
      const other = await second(queue);
      const { requestId } = await queue.submit(request(1));
      const mine = await queue.claim(requestId, { approver: "alice" });
      assert.equal(mine.state, "claimed");
      assert.equal(mine.claim.approver, "alice");
      await rejects(other.claim(requestId, { approver: "bob" }), "conflict", /claimed/);
      await rejects(other.decide(requestId, verdict(mine, "bob")), "conflict", /claimed/);
      await rejects(other.release(requestId, { approver: "bob" }), "conflict", /claimed/);
      const free = await queue.release(requestId, { approver: "alice" });
      assert.equal(free.state, "pending");
      assert.equal(claimOf(free), undefined);
      await rejects(queue.release(requestId, { approver: "alice" }), "conflict", /not claimed/);
      assert.equal((await other.claim(requestId, { approver: "bob" })).claim.approver, "bob");
    },
  },
  {
    id: "approvals.claim.race",
    title: "of many who claim at the same time exactly one wins",
    async run({ open, second }) {
      const queue = await open();
      const handles = [queue, await second(queue)];
      for (let n = 0; n < 10; n++) {
        const { requestId } = await queue.submit(request(n));
        const claims = Array.from({ length: 16 }, (_, i) =>
          (handles[i % 2] ?? queue).claim(requestId, { approver: `approver-${i}` }),
        );
        const won = (await Promise.allSettled(claims)).flatMap((one) =>
          one.status === "fulfilled" ? [one.value] : [],
        );
        assert.equal(won.length, 1);
        assert.deepEqual(claimOf(await stored(queue, requestId)), won[0]?.claim);
      }
    },
  },
  {
    id: "approvals.claim.lease",
    title: "a claim whose owner dies comes back when its lease is over; claiming again under the same name renews it",
    async run({ open, second, advance }) {
      const queue = await open();
      const other = await second(queue);
      await inTime(
        (ms) => advance(queue, ms),
        async (moment) => {
          const { requestId } = await queue.submit(request(moment.attempt));
          await queue.claim(requestId, { approver: "alice", leaseMs: 60_000 });
          const shorter = await queue.claim(requestId, { approver: "alice", leaseMs: moment.ms });
          await rejects(other.claim(requestId, { approver: "bob" }), "conflict", /claimed/);
          await moment.advance(moment.ms);
          const back = await stored(other, requestId);
          assert.equal(back.state, "pending");
          assert.equal(claimOf(back), undefined);
          const taken = await other.claim(requestId, { approver: "bob" });
          assert.equal(taken.claim.approver, "bob");
          await rejects(queue.decide(requestId, verdict(shorter, "alice")), "conflict", /claimed/);
          assert.equal(deciderOf(await other.decide(requestId, verdict(taken, "bob"))), "bob");
        },
      );
    },
  },
  {
    id: "approvals.claim.next",
    title: "the oldest pending request that matches is claimed, each by one, until there is none",
    async run({ open, second, advance }) {
      const queue = await open();
      const other = await second(queue);
      for (let n = 0; n < 6; n++) {
        await queue.submit(request(n, { teamId: n % 2 === 0 ? "team-even" : "team-odd" }));
        await advance(queue, 2);
      }
      const first = await queue.claimNext({ approver: "alice" }, { teamId: "team-odd" });
      assert.equal(first?.requestId, "request-0001");
      assert.equal((await other.claimNext({ approver: "bob" }))?.requestId, "request-0000");
      const rest = await Promise.all(
        Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? queue : other).claimNext({ approver: `approver-${i}` })),
      );
      const ids = rest.flatMap((one) => one?.requestId ?? []).sort();
      assert.deepEqual(ids, ["request-0002", "request-0003", "request-0004", "request-0005"]);
      assert.equal(await queue.claimNext({ approver: "carol" }), undefined);
      await rejects(queue.claimNext({ approver: "a" }, { state: "pending" } as never), "invalid_argument", /state/);
    },
  },
  {
    id: "approvals.claim.bad-input",
    title: "leases and names that cannot be, and unknown requests, are refused",
    async run({ open }) {
      const queue = await open();
      const { requestId } = await queue.submit(request(1));
      for (const leaseMs of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 86_400_001, "1"]) {
        const options = { approver: "alice", leaseMs: leaseMs as number };
        await rejects(queue.claim(requestId, options), "invalid_argument", /leaseMs/);
        await rejects(queue.claimNext(options), "invalid_argument", /leaseMs/);
      }
      await rejects(queue.claim(requestId, { approver: "" }), "invalid_argument", /approver/);
      await rejects(queue.claim(requestId, {} as never), "invalid_argument", /approver/);
      await rejects(queue.release(requestId, {} as never), "invalid_argument", /approver/);
      await rejects(queue.claim("", { approver: "alice" }), "invalid_argument", /requestId/);
      await rejects(queue.claim("unknown", { approver: "alice" }), "not_found");
      await rejects(queue.release("unknown", { approver: "alice" }), "not_found");
      assert.equal((await stored(queue, requestId)).state, "pending");
    },
  },
];
