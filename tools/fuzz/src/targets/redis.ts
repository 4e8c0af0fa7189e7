import { createHash } from "node:crypto";
import { openRedisState } from "@agent-assembly/state-redis";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import type { ApprovalQueue, PolicyCache, RateLimiter } from "@agent-assembly/storage-core/state";
import fc from "fast-check";
import { type Reply, startFakeRedis } from "../support/fake-redis.js";
import { oddNumber, oddText } from "../support/junk.js";
import { answered } from "../support/refusal.js";
import { NOW } from "../support/stores.js";
import { defineTarget } from "../target.js";

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const RECORD = {
  requestId: "a",
  agentId: "agent-1",
  teamId: null,
  action: "tool_call",
  request: '{"n":1}',
  digest: digestOf('{"n":1}'),
  onExpiry: "deny",
  submittedAt: NOW,
  expiresAt: NOW + 60_000,
  claimedBy: null,
  claimExpiresAt: null,
  verdict: null,
  decidedBy: null,
  reason: null,
  decidedAt: null,
  revision: 1,
};
const POLICY = {
  policy: {
    name: "tools",
    version: 1,
    format: "yaml",
    digest: digestOf("rules: []"),
    size: 9,
    source: "cnVsZXM6IFtd",
    document: { rules: [] },
    actor: "a",
    createdAt: NOW,
  },
};

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  fc.boolean(),
  fc.constantFrom(null, [], {}, [1], NOW, "approve", "deny"),
);
const changedRecord = (record: object): fc.Arbitrary<string> =>
  fc
    .dictionary(fc.constantFrom(...Object.keys(record), "__proto__"), scalar, { maxKeys: 3 })
    .map((members) => JSON.stringify({ ...record, ...members }));
const text = fc.oneof(
  changedRecord(RECORD),
  changedRecord(POLICY.policy).map((policy) => `{"policy":${policy}}`),
  fc.constantFrom(JSON.stringify(RECORD), JSON.stringify(POLICY), "null", "[]", "{}", '{"policy":null}', "", "{"),
  fc.json({ maxDepth: 2 }),
  oddText,
);
const simple = fc.oneof(text, oddNumber, fc.constantFrom(null, 0, 1, "1", String(NOW), true));
const value = fc.oneof(
  simple,
  fc.array(simple, { maxLength: 4 }),
  fc.tuple(text, fc.oneof(fc.constant(NOW), oddNumber)),
  // A policy with its age, and a page of approvals.
  fc.tuple(text, fc.oneof(fc.constant(1), oddNumber), fc.constant("")),
  fc.tuple(fc.constant("a"), fc.constantFrom(String(NOW), "nan", "x"), text),
  // Of the script that reads a request.
  fc.tuple(fc.option(text), fc.oneof(fc.constant(NOW), oddNumber), fc.constantFrom(0, 1)),
  fc.tuple(oddNumber, oddNumber, oddNumber),
  fc.array(fc.array(simple, { maxLength: 3 }), { maxLength: 3 }),
);
const WORDS = [
  "ERR",
  "WRONGTYPE",
  "OOM",
  "NOSCRIPT",
  "BUSY",
  "MOVED",
  "NOPERM",
  "LOADING",
  "UNKNOWN",
  "ERR value is not",
];
const reply: fc.Arbitrary<Reply> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ value }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...WORDS).map((word) => ({ error: `${word} attempt to compare nil with number` })),
  },
);

const CALLS: Readonly<Record<string, (state: State) => Promise<unknown>>> = {
  get: ({ approvals }) => approvals.get("a"),
  list: ({ approvals }) => approvals.list(),
  pending: ({ approvals }) => approvals.list({ state: "pending" }, { limit: 5 }),
  submit: ({ approvals }) =>
    approvals.submit({ requestId: "a", agentId: "agent-1", action: "tool_call", request: { n: 1 } }),
  claim: ({ approvals }) => approvals.claim("a", { approver: "alice" }),
  claimNext: ({ approvals }) => approvals.claimNext({ approver: "alice" }),
  decide: ({ approvals }) => approvals.decide("a", { approver: "alice", verdict: "approve", digest: RECORD.digest }),
  wait: ({ approvals }) => approvals.wait("a", { signal: AbortSignal.timeout(5) }).catch(abortIsFine),
  active: ({ cache }) => cache.active("tools"),
  check: ({ limits }) => limits.check([{ scope: "agent", id: "a", limit: 5, windowMs: 1000 }]),
  health: ({ approvals }) => approvals.health(),
};

interface State {
  readonly approvals: ApprovalQueue;
  readonly cache: PolicyCache;
  readonly limits: RateLimiter;
}

interface Input {
  readonly call: string;
  readonly replies: readonly Reply[];
}

/** What Redis answers, where other programs or users have written. */
export const redis = defineTarget<Input>(async () => {
  const server = await startFakeRedis();
  const store = openMemoryStorage();
  const state = await openRedisState({ url: server.url, maxConnections: 2, onUnavailable: "fail-closed" });
  const approvals = state.openApprovals({ pollMs: 1 });
  const limits = state.openRateLimiter();
  return {
    input: fc.record({
      call: fc.constantFrom(...Object.keys(CALLS)),
      replies: fc.array(reply, { minLength: 1, maxLength: 4 }),
    }),
    async enter({ call, replies }) {
      server.replies = replies;
      // A cache of its own, which has read nothing yet.
      const cache = state.openPolicyCache({ store: store.policies });
      await answered(call, () => CALLS[call]?.({ approvals, cache, limits }));
      await cache.close();
    },
    async close() {
      await state.close();
      await store.close();
      await server[Symbol.asyncDispose]();
    },
  };
});

function abortIsFine(error: unknown): void {
  if ((error as Error).name !== "TimeoutError") throw error;
}
