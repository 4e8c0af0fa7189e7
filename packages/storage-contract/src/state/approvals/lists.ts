import assert from "node:assert/strict";
import type { Approval, ApprovalFilter, ApprovalQueue } from "@agent-assembly/storage-core/state";
import { rejects } from "../../support/assert.js";
import { forgedTokens } from "../../support/forged-tokens.js";
import { inTime } from "../in-time.js";
import { type ApprovalCase, decisionOf, request, verdict } from "./case.js";

async function idsOf(queue: ApprovalQueue, filter?: ApprovalFilter): Promise<string[]> {
  return (await queue.list(filter)).items.map(({ requestId }) => requestId.replace("request-000", ""));
}

/** What is in the queue. */
export const approvalListCases: readonly ApprovalCase[] = [
  {
    id: "approvals.list.filters",
    title: "by state as of now, by agent and by team, one or several, oldest first",
    async run({ open, second, advance }) {
      let queue = await open();
      let other = await second(queue);
      await inTime(
        (ms) => advance(queue, ms),
        async (moment) => {
          if (moment.attempt > 0) {
            queue = await open();
            other = await second(queue);
          }
          const all: Approval[] = [];
          for (let n = 0; n < 6; n++) {
            const members = n === 5 ? { teamId: undefined, expiresInMs: moment.ms } : { teamId: `team-${n % 2}` };
            all.push(await queue.submit(request(n, { agentId: `agent-${n % 3}`, ...members })));
            await moment.advance(2);
          }
          const at = (n: number): Approval => all[n] as Approval;
          await queue.claim(at(1).requestId, { approver: "alice", leaseMs: moment.ms });
          await queue.decide(at(2).requestId, verdict(at(2), "alice"));
          await queue.decide(at(3).requestId, verdict(at(3), "alice", { verdict: "deny" }));
          assert.deepEqual(await idsOf(other), ["0", "1", "2", "3", "4", "5"]);
          assert.deepEqual(await idsOf(other, { state: "pending" }), ["0", "4", "5"]);
          assert.deepEqual(await idsOf(other, { state: "claimed" }), ["1"]);
          assert.deepEqual(await idsOf(other, { state: ["approved", "denied"] }), ["2", "3"]);
          assert.deepEqual(await idsOf(other, { state: [] }), []);
          assert.deepEqual(await idsOf(other, { agentId: ["agent-0", "agent-2"] }), ["0", "2", "3", "5"]);
          assert.deepEqual(await idsOf(other, { teamId: "team-1" }), ["1", "3"]);
          assert.deepEqual(await idsOf(other, { teamId: "team-1", state: "denied", agentId: "agent-0" }), ["3"]);
          assert.deepEqual(await idsOf(other, { agentId: "agent-" }), []);
          await moment.advance(moment.ms);
          assert.deepEqual(await idsOf(other, { state: "pending" }), ["0", "1", "4"]);
          assert.deepEqual(await idsOf(other, { state: "denied" }), ["3", "5"]);
          const expired = (await other.list({ state: "denied" })).items.at(-1);
          assert.equal(decisionOf(expired)?.source, "expiry");
        },
      );
    },
  },
  {
    id: "approvals.list.too-large",
    title: "as many values as are allowed are answered; more are refused, as is a request of more than 256 KiB",
    async run({ open }) {
      const queue = await open();
      await queue.submit(request(1, { agentId: "agent-999" }));
      const agentId = Array.from({ length: 1000 }, (_, n) => `agent-${n}`);
      assert.equal((await queue.list({ agentId })).items.length, 1);
      const message = /^filter\.agentId has 1001 values, more than the accepted 1000/;
      const expected = { option: "filter.agentId", message };
      await rejects(queue.list({ agentId: [...agentId, "one more"] }), "too_large", expected);
      await rejects(queue.claimNext({ approver: "a" }, { agentId: [...agentId, "one more"] }), "too_large", expected);
      const bulky = request(2, { request: { text: "x".repeat(256 * 1024) } });
      await rejects(queue.submit(bulky), "too_large", /approval\.request takes 262155 bytes/);
      assert.equal((await queue.list()).items.length, 1);
    },
  },
  {
    id: "approvals.list.pages",
    title: "pages hold each request once, in order, also those of one millisecond; filters go with the cursor",
    async run({ open }) {
      const queue = await open();
      await Promise.all(Array.from({ length: 25 }, (_, n) => queue.submit(request(n))));
      const all = (await queue.list()).items;
      const paged: Approval[] = [];
      let cursor: string | undefined;
      do {
        const page = await queue.list({ agentId: "agent-1" }, { limit: 4, cursor });
        assert.ok(page.items.length <= 4);
        paged.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      assert.deepEqual(paged, all);
      const order = all.map(({ submittedAt, requestId }) => `${submittedAt.toISOString()} ${requestId}`);
      assert.deepEqual(order, order.toSorted());
      assert.equal(new Set(order).size, 25);
      const { next } = await queue.list({}, { limit: 25 });
      assert.equal(next, undefined);
    },
  },
  {
    id: "approvals.list.bad-input",
    title: "unknown states, keys and foreign cursors are refused",
    async run({ open }) {
      const queue = await open();
      await queue.submit(request(1));
      await queue.submit(request(2));
      await rejects(queue.list({ state: "open" as never }), "invalid_argument", /filter\.state/);
      await rejects(queue.list({ agent: "agent-1" } as never), "invalid_argument", /agentId/);
      await rejects(queue.list({ agentId: 1 as never }), "invalid_argument", /filter\.agentId/);
      for (const limit of [0, 1001, 1.5, Number.NaN]) {
        await rejects(queue.list({}, { limit }), "invalid_argument", /limit/);
      }
      const { next } = await queue.list({}, { limit: 1 });
      await rejects(queue.list({ agentId: "agent-1" }, { limit: 1, cursor: next }), "invalid_argument", /cursor/);
      await rejects(queue.list({}, { cursor: "x" }), "invalid_argument", /cursor/);
    },
  },
  {
    id: "approvals.list.forged-cursor",
    title: "a cursor that the queue did not make is refused, whatever its form and however well it is forged",
    async run({ open }) {
      const queue = await open();
      await queue.submit(request(1));
      await queue.submit(request(2));
      const { next } = await queue.list({}, { limit: 1 });
      assert.ok(next !== undefined);
      for (const { what, token } of forgedTokens(next)) {
        const list = (): Promise<unknown> => queue.list({}, { cursor: token as string });
        await rejects(list, "invalid_argument", { option: "page.cursor" }).catch((error: Error) => {
          throw new assert.AssertionError({ message: `${what}: ${error.message}` });
        });
      }
    },
  },
];
