import { isStorageError } from "@agent-assembly/storage-core";
import {
  type Approval,
  type CachedPolicy,
  type DecidedApproval,
  type PolicyCache,
  type RateLimiter,
  requestDigest,
} from "@agent-assembly/storage-core/state";
import { withPatience } from "../support/patience.js";
import { claimOf, decisionOf } from "./approvals/case.js";
import { approvalCases } from "./approvals/index.js";
import { runStateCase, type StateCase, type StateContext } from "./case.js";
import type { StateHarness } from "./harness.js";
import { memoryApprovalHarness, memoryPolicyCacheHarness, memoryRateLimitHarness } from "./memory-harnesses.js";
import { policyCacheCases } from "./policy-cache/index.js";
import { rateLimitCases } from "./rate-limits/cases.js";

/** For defects that let a case wait in vain: the sound port answers within milliseconds. */
const PATIENCE_MS = 300;

/** A port with one defect, and the case that must notice it. */
export interface StateMutant {
  readonly name: string;
  readonly caseId: string;
  /** Runs that case on the defective port. */
  run(): Promise<void>;
  /** Runs it on the sound one. */
  runSound(): Promise<void>;
}

function maker<H extends StateHarness<Port, Options>, Port extends object, Options extends object>(
  makeHarness: () => H,
  cases: readonly StateCase<StateContext<H, Port, Options>>[],
) {
  return (name: string, caseId: string, mutation: (sound: Port, options: Options) => Partial<Port>): StateMutant => {
    const testCase = (): StateCase<StateContext<H, Port, Options>> => {
      const found = cases.find(({ id }) => id === caseId);
      if (found === undefined) throw new Error(`there is no case ${caseId}`);
      return found;
    };
    const mutated = (): H => {
      const base = makeHarness();
      const sounds = new WeakMap<Port, Port>();
      const soundOf = (port: Port): Port => sounds.get(port) ?? port;
      const mutate = (sound: Port, options: Options): Port => {
        const port = { ...sound, ...mutation(sound, options) };
        sounds.set(port, sound);
        return port;
      };
      return {
        ...base,
        create: async (options: Options) => mutate(await base.create(options), options),
        ...(base.second !== undefined && {
          second: async (first: Port, options: Options) =>
            mutate((await base.second?.(soundOf(first), options)) as Port, options),
        }),
        advance: (port: Port, ms: number) => base.advance(soundOf(port), ms),
        destroy: (port: Port) => base.destroy(soundOf(port)),
        ...("log" in base && { log: (port: Port) => (base.log as (port: Port) => unknown)(soundOf(port)) }),
      };
    };
    return {
      name,
      caseId,
      run: () => withPatience(PATIENCE_MS, () => runStateCase(mutated(), testCase())),
      runSound: () => runStateCase(makeHarness(), testCase()),
    };
  };
}

const approvals = maker(memoryApprovalHarness, approvalCases);
const cache = maker(memoryPolicyCacheHarness, policyCacheCases);
const limits = maker(memoryRateLimitHarness, rateLimitCases);

/** Defects that real ones have had or could have: a suite that lets one pass does not test it. */
export const stateMutants: readonly StateMutant[] = [
  approvals("approves whatever the digest", "approvals.decide.other-digest", (sound) => ({
    async decide(requestId, options) {
      const digest = (await sound.get(requestId))?.digest ?? options.digest;
      return sound.decide(requestId, { ...options, digest });
    },
  })),
  approvals("lets every approver claim", "approvals.claim.exclusive", (sound) => ({
    async claim(requestId, options) {
      const holder = claimOf(await sound.get(requestId))?.approver;
      if (holder !== undefined) await sound.release(requestId, { approver: holder });
      return sound.claim(requestId, options);
    },
  })),
  approvals("claims after looking, not at once", "approvals.claim.race", (sound) => ({
    async claim(requestId, options) {
      const state = (await sound.get(requestId))?.state;
      await Promise.resolve();
      if (state !== "pending") return sound.claim(requestId, options);
      return sound.claim(requestId, { ...options, approver: "approver" });
    },
  })),
  approvals("never gives a claim back", "approvals.claim.lease", (sound) => ({
    claim: (requestId, options) => sound.claim(requestId, { ...options, leaseMs: 86_400_000 }),
  })),
  approvals("claims the newest first", "approvals.claim.next", (sound) => ({
    async claimNext(options, filter) {
      const { items } = await sound.list({ ...filter, state: "pending" });
      const newest = items.at(-1);
      return newest === undefined ? undefined : sound.claim(newest.requestId, options);
    },
  })),
  approvals("decides twice", "approvals.decide.once", (sound) => ({
    async decide(requestId, options) {
      try {
        return await sound.decide(requestId, options);
      } catch (error) {
        if (!isStorageError(error, "conflict")) throw error;
        return (await sound.get(requestId)) as DecidedApproval;
      }
    },
  })),
  approvals("forgets why", "approvals.decide.records", (sound) => ({
    decide: (requestId, { reason: _, ...options }) => sound.decide(requestId, options),
  })),
  approvals("denies whatever expires", "approvals.expiry.decides", (sound) => ({
    submit: (approval) => sound.submit({ ...approval, onExpiry: "deny" }),
  })),
  approvals("leaves expired requests pending", "approvals.expiry.decides", (sound) => ({
    async get(requestId) {
      const approval = await sound.get(requestId);
      if (approval === undefined || decisionOf(approval)?.source !== "expiry") return approval;
      return { ...approval, state: "pending" };
    },
  })),
  approvals("replaces a request of the same id", "approvals.submit.other-content", (sound) => ({
    async submit(approval) {
      try {
        return await sound.submit(approval);
      } catch (error) {
        if (!isStorageError(error, "conflict")) throw error;
        return (await sound.get(approval.requestId ?? "")) as Approval;
      }
    },
  })),
  approvals("binds to the text of the request", "approvals.submit.hostile-content", (sound) => ({
    async submit(approval) {
      return { ...(await sound.submit(approval)), digest: requestDigest(JSON.stringify(approval.request)) };
    },
  })),
  approvals("ignores the team", "approvals.list.filters", (sound) => ({
    list: ({ teamId: _, ...filter } = {}, page) => sound.list(filter, page),
  })),
  approvals("lists states as they were submitted", "approvals.list.filters", (sound) => ({
    async list({ state, ...filter } = {}, page) {
      const { items } = await sound.list(filter, page);
      return { items: state === undefined || [state].flat().includes("pending") ? items : [] };
    },
  })),
  approvals("takes a forged cursor for the start", "approvals.list.forged-cursor", (sound) => ({
    async list(filter, page) {
      try {
        return await sound.list(filter, page);
      } catch (error) {
        if (!isStorageError(error, "invalid_argument")) throw error;
        return sound.list(filter);
      }
    },
  })),
  approvals("cuts long filters off", "approvals.list.too-large", (sound) => ({
    list: ({ agentId, ...filter } = {}, page) =>
      sound.list(agentId === undefined ? filter : { ...filter, agentId: [agentId].flat().slice(0, 1000) }, page),
  })),
  approvals("cuts pages off", "approvals.list.pages", (sound) => ({
    list: async (filter, page) => ({ items: (await sound.list(filter, page)).items }),
  })),
  approvals("does not end waits", "approvals.wait.abort", (sound) => ({
    wait: (requestId) => sound.wait(requestId),
  })),
  approvals("tells who waits what is, not what is decided", "approvals.wait.decision", (sound) => ({
    wait: async (requestId) => (await sound.get(requestId)) as DecidedApproval,
  })),
  approvals("goes on after close", "approvals.close.refuses", () => ({
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  })),
  cache("always asks the store", "cache.active.read-through", (_, { store }) => ({
    active: async (name) => ({ policy: await store.active(name), source: "store", ageMs: 0 }),
  })),
  cache("asks once for each who misses", "cache.active.single-flight", (sound, { store }) => ({
    async active(name) {
      await store.active(name);
      return sound.active(name);
    },
  })),
  cache("does not keep that there is nothing", "cache.active.nothing", (sound, { store }) => ({
    async active(name) {
      const answer = await sound.active(name);
      if (answer.policy === undefined) await store.active(name);
      return answer;
    },
  })),
  cache("keeps for ever", "cache.active.ttl", keepingForEver),
  cache("hands its own objects out", "cache.active.shared-safely", (sound) => {
    let kept: CachedPolicy | undefined;
    return {
      async active(name) {
        const answer = await sound.active(name);
        kept ??= { ...answer, policy: structuredClone({ ...answer.policy }) as CachedPolicy["policy"] };
        return kept;
      },
    };
  }),
  cache("keeps the error", "cache.active.store-away", (sound) => {
    let failure: unknown;
    return {
      async active(name) {
        if (failure !== undefined) throw failure;
        try {
          return await sound.active(name);
        } catch (error) {
          failure = error;
          throw error;
        }
      },
    };
  }),
  cache("keeps to itself what has changed", "cache.invalidate.everywhere", keepingForEver),
  cache("keeps what an older query brought", "cache.invalidate.query-under-way", (sound) => {
    const late = new Map<string, CachedPolicy>();
    return {
      async active(name) {
        const answer = await sound.active(name);
        const first = late.get(name) ?? answer;
        late.set(name, first);
        return first;
      },
    };
  }),
  cache("does not see rollbacks", "cache.invalidate.announcing", keepingForEver),
  limits("counts refused checks", "limits.check.all-or-nothing", (sound) => ({
    async check(checked, options) {
      const answer = await sound.check(checked, options);
      if (!answer.allowed) for (const limit of checked) await sound.check([limit], options);
      return answer;
    },
  })),
  limits("looks first and counts later", "limits.check.exact", () => {
    let used = 0;
    return {
      async check(checked) {
        const limit = checked[0];
        const allowed = limit !== undefined && used < limit.limit;
        await Promise.resolve();
        if (allowed) used++;
        return { allowed, remaining: 0, retryAfterMs: 0, source: "process" };
      },
    };
  }),
  limits("checks only the first limit", "limits.check.together", (sound) => ({
    check: (checked, options) => sound.check(checked.slice(0, 1), options),
  })),
  limits("does not say who refused", "limits.check.answer", (sound) => ({
    async check(checked, options) {
      const { refusedBy: _, ...answer } = await sound.check(checked, options);
      return answer;
    },
  })),
  limits("counts every weight as one", "limits.weight.counts", (sound) => ({
    check: (checked) => sound.check(checked),
  })),
  limits("waits a whole window", "limits.window.edge", (sound) => ({
    async check(checked, options) {
      const answer = await sound.check(checked, options);
      return answer.allowed ? answer : { ...answer, retryAfterMs: checked[0]?.windowMs ?? 0 };
    },
  })),
  limits("starts afresh after a refusal", "limits.window.slides", afresh),
  limits("takes one window for all", "limits.window.several", (sound) => ({
    check: (checked, options) =>
      sound.check(
        checked.slice(0, 1).map((one) => ({ ...one, windowMs: 60_000 })),
        options,
      ),
  })),
  limits("joins names by a colon", "limits.check.hostile-names", (sound) => ({
    check: (checked, options) =>
      sound.check(
        checked.map(({ scope, id, ...one }) => ({ scope: "x", id: `${scope}:${id}`.slice(0, 512), ...one })),
        options,
      ),
  })),
  limits("takes any number for a limit", "limits.check.bad-input", (sound) => ({
    check: (checked, options) =>
      sound.check(
        checked.map((one) => ({ ...one, limit: Number.isInteger(one.limit) ? one.limit : 1 })),
        options,
      ),
  })),
];

function keepingForEver(sound: PolicyCache): Partial<PolicyCache> {
  const kept = new Map<string, CachedPolicy>();
  return {
    async active(name) {
      const answer = kept.get(name) ?? (await sound.active(name));
      kept.set(name, answer);
      return answer;
    },
  };
}

/** A window that begins anew at each refusal, as fixed windows do at their edges. */
function afresh(sound: RateLimiter): Partial<RateLimiter> {
  let partition = 0;
  return {
    async check(checked) {
      const answer = await sound.check(checked, { partition: `p${partition}` });
      if (!answer.allowed) partition++;
      return answer;
    },
  };
}
