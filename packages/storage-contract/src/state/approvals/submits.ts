import assert from "node:assert/strict";
import { MAX_TEXT_LENGTH } from "@agent-assembly/storage-core/backend";
import { type NewApproval, requestDigest } from "@agent-assembly/storage-core/state";
import { rejects } from "../../support/assert.js";
import { type ApprovalCase, deciderOf, request, stored, verdict } from "./case.js";

/** What gets into the queue, and what is bound to it. */
export const approvalSubmitCases: readonly ApprovalCase[] = [
  {
    id: "approvals.submit.all-members",
    title: "a request comes back as it was submitted, pending, with its digest and times",
    async run({ open }) {
      const queue = await open();
      const submitted = await queue.submit(request(1, { expiresInMs: 60_000, onExpiry: "approve" }));
      assert.deepEqual(await stored(queue, "request-0001"), submitted);
      const { submittedAt, expiresAt, ...rest } = submitted;
      assert.deepEqual(rest, {
        requestId: "request-0001",
        agentId: "agent-1",
        teamId: "team-1",
        action: "tool_call",
        request: { tool: "transfer", arguments: { amount: 1 } },
        digest: requestDigest({ arguments: { amount: 1 }, tool: "transfer" }),
        onExpiry: "approve",
        state: "pending",
      });
      assert.equal(expiresAt.getTime() - submittedAt.getTime(), 60_000);
    },
  },
  {
    id: "approvals.submit.defaults",
    title: "without id, team, expiry and default verdict a request gets an id, no team, and what the queue was given",
    async run({ open }) {
      const queue = await open({ expiresInMs: 120_000, onExpiry: "approve" });
      const { requestId, expiresAt, submittedAt, onExpiry, ...rest } = await queue.submit({
        agentId: "agent-1",
        action: "tool_call",
        request: null,
      });
      assert.match(requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      assert.equal(expiresAt.getTime() - submittedAt.getTime(), 120_000);
      assert.equal(onExpiry, "approve");
      assert.equal("teamId" in rest, false);
      const plain = await (await open()).submit(request(1));
      assert.equal(plain.onExpiry, "deny");
      assert.equal(plain.expiresAt.getTime() - plain.submittedAt.getTime(), 15 * 60_000);
    },
  },
  {
    id: "approvals.submit.idempotent",
    title: "the same request again changes nothing and tells how it stands, also once it is decided",
    async run({ open, second }) {
      const queue = await open();
      const other = await second(queue);
      const first = await queue.submit(request(1));
      assert.deepEqual(await other.submit(request(1, { expiresInMs: 5 })), first);
      await queue.decide(first.requestId, verdict(first, "alice"));
      const again = await other.submit(request(1));
      assert.equal(again.state, "approved");
      assert.equal(deciderOf(again), "alice");
      assert.equal((await queue.list()).items.length, 1);
    },
  },
  {
    id: "approvals.submit.other-content",
    title: "an id that stands for another request is refused, and that request stays as it is",
    async run({ open }) {
      const queue = await open();
      const first = await queue.submit(request(1));
      const others: Partial<NewApproval>[] = [
        { request: { tool: "transfer", arguments: { amount: 1_000_000 } } },
        { agentId: "agent-2" },
        { teamId: "team-2" },
        { teamId: undefined },
        { action: "delete" },
        { onExpiry: "approve" },
      ];
      for (const members of others) {
        await rejects(queue.submit(request(1, members)), "conflict", /another request/);
      }
      assert.deepEqual(await stored(queue, first.requestId), first);
    },
  },
  {
    id: "approvals.submit.hostile-content",
    title:
      "U+0000, lone surrogates and deep or large requests come back as they were; the order of members is no matter",
    async run({ open }) {
      const queue = await open();
      const hostile = {
        "\u0000": "\ud800 \u0000",
        "\ud83d\ude00": ["{limits}", "*", "\r\n"],
        large: "x".repeat(200_000),
        number: 1e21,
      };
      const { requestId, digest } = await queue.submit(request(1, { request: hostile }));
      const back = await stored(queue, requestId);
      assert.deepEqual(back.request, hostile);
      assert.equal(back.digest, digest);
      const reordered = Object.fromEntries(Object.entries(hostile).reverse());
      assert.equal((await queue.submit(request(1, { request: reordered }))).digest, digest);
      for (const id of ["a b", "{x}", "*", "a:b", "\u{1f600}", "é", "x".repeat(MAX_TEXT_LENGTH)]) {
        await queue.submit(request(2, { requestId: id, agentId: id, teamId: id }));
        assert.equal((await stored(queue, id)).agentId, id);
      }
      assert.equal(await queue.get("a"), undefined);
      assert.equal(await queue.get("?"), undefined);
    },
  },
  {
    id: "approvals.submit.bad-input",
    title: "an invalid request is rejected, naming the member",
    async run({ open }) {
      const queue = await open();
      const bad: [Partial<Record<keyof NewApproval | "extra", unknown>>, RegExp][] = [
        [{ requestId: "" }, /requestId/],
        [{ agentId: undefined }, /agentId/],
        [{ teamId: "\u0000" }, /teamId/],
        [{ action: 7 }, /action/],
        [{ request: undefined }, /request/],
        [{ request: { at: new Date(0) } }, /request/],
        [{ expiresInMs: 0 }, /expiresInMs/],
        [{ expiresInMs: 0.5 }, /expiresInMs/],
        [{ expiresInMs: Number.NaN }, /expiresInMs/],
        [{ expiresInMs: 31 * 86_400_000 }, /expiresInMs/],
        [{ onExpiry: "maybe" }, /onExpiry/],
        [{ extra: 1 }, /unknown key/],
      ];
      for (const [members, message] of bad) {
        await rejects(queue.submit({ ...request(1), ...members } as NewApproval), "invalid_argument", message);
      }
      await rejects(queue.submit(undefined as never), "invalid_argument", /approval/);
      assert.deepEqual(await queue.list(), { items: [] });
    },
  },
];
