import { openRedisState, type RedisState } from "@agent-assembly/state-redis";
import { removeKeys, testPrefix } from "@agent-assembly/state-redis/testing";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import type { ApprovalQueue } from "@agent-assembly/storage-core/state";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import { command } from "./setup/command.js";
import { sharedUrl, until } from "./setup/servers.js";

const HOUR_MS = 3_600_000;
const LIMITS = [{ scope: "agent", id: "agent-1", limit: 2, windowMs: HOUR_MS }];
const REQUEST = { requestId: "one", agentId: "agent-1", action: "tool_call", request: { tool: "refund" } };
/** Without their prefix. */
const KEYS = {
  limit: `{limits}:${HOUR_MS}:agent:agent-1`,
  policy: "{policy:tools}:active",
  generation: "{policy:tools}:generation",
  request: "{approvals}:request:one",
  order: "{approvals}:order",
  open: "{approvals}:open",
  settled: "{approvals}:settled",
};

/** Writes a value of each type of Redis. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ["SET", "KEY", "foreign"],
  list: ["RPUSH", "KEY", "foreign"],
  hash: ["HSET", "KEY", "record", "foreign", "asked", "foreign", "revision", "foreign"],
  set: ["SADD", "KEY", "foreign"],
  "sorted set": ["ZADD", "KEY", "1", "foreign"],
  stream: ["XADD", "KEY", "*", "a", "b"],
};
/** What no number of ours looks like, and Lua takes for one in part. */
const ODD_NUMBERS = [
  "",
  "x",
  "nan",
  "-nan",
  "inf",
  "1e400",
  "-1",
  "1.5",
  "0x10",
  " 1",
  "9".repeat(400),
  "\u0000\u00ff",
];

interface Opened {
  readonly redis: RedisState;
  readonly prefix: string;
  /** A command past everything under test; what begins with a brace is a key. */
  readonly run: (...args: string[]) => Promise<unknown>;
}

async function opened(): Promise<Opened> {
  const url = sharedUrl();
  const prefix = testPrefix();
  const redis = await openRedisState({ url, prefix, commandTimeoutMs: 10_000 });
  onTestFinished(async () => {
    await redis.close();
    await removeKeys({ url }, prefix);
  });
  const run = (...args: string[]) => command(url, ...args.map((arg) => (/^\{\w/.test(arg) ? `${prefix}:${arg}` : arg)));
  return { redis, prefix, run };
}

async function plant({ run }: Opened, key: string, type: string): Promise<void> {
  await run("DEL", key);
  await run(...(TYPES[type] ?? []).map((arg) => (arg === "KEY" ? key : arg)));
}

/** Says what the key is for, how to find it, and nothing that it holds. */
function corrupt(kind: string, pattern: string) {
  return expect.objectContaining({
    code: "corrupt",
    option: "options.prefix",
    message: expect.stringMatching(new RegExp(`a key of ${kind} has a value`)),
    remedy: expect.stringContaining(`"${pattern}"`),
  });
}

const CORRUPT_LIMIT = corrupt("a rate limit", "*:{limits*}:*");
const CORRUPT_POLICY = corrupt("a cached policy", "*:{policy:*}:*");
const CORRUPT_APPROVAL = corrupt("an approval", "*:{approvals}:*");

/** Five doubles, as an entry of a count has; the client writes text as UTF-8, so a script packs them. */
const PUSH = "return redis.call('RPUSH', KEYS[1], struct.pack('<ddddd', unpack(ARGV)))";

describe(...needing("redis", "the count of a rate limit"), () => {
  it.each(Object.keys(TYPES))("that is a %s of another program is corrupt, and others count on", async (type) => {
    const server = await opened();
    const limiter = server.redis.openRateLimiter();
    await plant(server, KEYS.limit, type);
    const failure = limiter.check(LIMITS);
    await expect(failure).rejects.toEqual(CORRUPT_LIMIT);
    await expect(failure).rejects.toMatchObject({ operation: "rateLimits.check" });
    expect((await limiter.check([{ scope: "agent", id: "other", limit: 1, windowMs: 1000 }])).allowed).toBe(true);
    await server.run("DEL", KEYS.limit);
    expect((await limiter.check(LIMITS)).allowed).toBe(true);
  });

  const now = Date.now();
  it.each([
    ["NaN everywhere", ["nan", "nan", "nan", "nan", "nan"]],
    ["a total that is NaN", [now, 0, "nan", 0, now]],
    ["infinite times", ["inf", 0, 1, 0, "inf"]],
    ["more that left than was counted", [now, 0, 2, 1e6, now]],
    ["a negative number that left", [now, 0, 2, -5, now]],
    ["a total that falls", [now, 5, 2, 0, now]],
    ["a total that no longer grows", [now, 0, 1e300, 0, now]],
    ["a time after the year 9999", [1e15, 0, 1, 0, now]],
    ["an oldest entry from later", [now, 0, 1, 0, now + 1000]],
  ])("with %s neither allows nor refuses", async (_, numbers) => {
    const { redis, run } = await opened();
    await run("EVAL", PUSH, "1", KEYS.limit, ...numbers.map(String));
    await expect(redis.openRateLimiter().check(LIMITS)).rejects.toEqual(CORRUPT_LIMIT);
  });

  it("that lacks entries, or has others in between, is corrupt", async () => {
    const { redis, run } = await opened();
    const limiter = redis.openRateLimiter();
    const full = [now, 1, 2, 0, now].map(String);
    for (const first of [["nan", "nan", "nan", "nan", "nan"], ["0", "0", "1", "0", "0"], undefined]) {
      await run("DEL", KEYS.limit);
      if (first === undefined) await run("RPUSH", KEYS.limit, "foreign");
      else await run("EVAL", PUSH, "1", KEYS.limit, ...first);
      await run("EVAL", PUSH, "1", KEYS.limit, ...full);
      await expect(limiter.check(LIMITS)).rejects.toEqual(CORRUPT_LIMIT);
    }
  });
});

describe(...needing("redis", "a cached policy"), () => {
  async function cacheOf(server: Opened) {
    const storage = openMemoryStorage();
    onTestFinished(() => storage.close());
    await storage.policies.save({ name: "tools", source: "a: 1" }, { actor: "alice" });
    await storage.policies.activate("tools", 1, { actor: "alice" });
    const open = () => {
      const cache = server.redis.openPolicyCache({ store: storage.policies, ttlMs: 60_000 });
      onTestFinished(() => cache.close());
      return cache;
    };
    return { storage, open };
  }

  /** The store answers, as if there were no Redis, and health says why. */
  async function expectStore(server: Opened): Promise<void> {
    const { open } = await cacheOf(server);
    const cache = open();
    const { source, policy } = await cache.active("tools");
    expect([source, policy?.version]).toEqual(["store", 1]);
    await until("health says so", async () => (await cache.health()).problems.length > 0);
    expect((await cache.health()).problems).toEqual([expect.stringMatching(/a key of a cached policy has a value/)]);
  }

  it.each(Object.keys(TYPES))("that is a %s of another program is read from the store", async (type) => {
    for (const key of [KEYS.policy, KEYS.generation]) {
      const server = await opened();
      await plant(server, key, type);
      await expectStore(server);
    }
  });

  it.each(ODD_NUMBERS)("is not served by a time or a generation of %j", async (number) => {
    const server = await opened();
    await server.run("HSET", KEYS.policy, "record", '{"policy":null}', "asked", number);
    await expectStore(server);
    await server.run("DEL", KEYS.policy);
    await server.run("SET", KEYS.generation, number);
    await expectStore(server);
    const { open } = await cacheOf(server);
    await expect(open().invalidate("tools")).rejects.toEqual(CORRUPT_POLICY);
  });

  it("from the future is not served for ever", async () => {
    for (const aheadMs of [1000 * HOUR_MS, HOUR_MS]) {
      const server = await opened();
      await server.run("HSET", KEYS.policy, "record", '{"policy":null}', "asked", String(Date.now() + aheadMs));
      const { open } = await cacheOf(server);
      expect((await open().active("tools")).source).toBe("store");
    }
  });

  it("of another name, of another source, too deep or too large is read from the store", async () => {
    const server = await opened();
    const { storage, open } = await cacheOf(server);
    await storage.policies.save({ name: "other", source: "b: 2" }, { actor: "alice" });
    await storage.policies.activate("other", 1, { actor: "alice" });
    await open().active("other");
    const shared = () => server.run("HGET", "{policy:other}:active", "record") as Promise<string | null>;
    await until("the other one is shared", async () => (await shared()) !== null);
    const other = (await shared()) as string;
    const own = other.replaceAll('"other"', '"tools"');
    const planted = [
      other,
      own.replace(/"source":"[^"]*"/, '"source":"YTogMg=="'),
      own.replace(/"document":\{[^}]*\}/, `"document":${"[".repeat(100_000)}${"]".repeat(100_000)}`),
      `{"policy":null}${" ".repeat(17 * 1024 * 1024)}`,
      "",
    ];
    for (const record of planted) {
      await server.run("HSET", KEYS.policy, "record", record, "asked", String(Date.now() - 1));
      await expectStore(server);
    }
    // Without any change it is served, so it was the change that was noticed.
    await server.run("HSET", KEYS.policy, "record", own, "asked", String(Date.now() - 1));
    expect((await open().active("tools")).source).toBe("redis");
  });
});

describe(...needing("redis", "approvals"), () => {
  const CALLS: Readonly<Record<string, (queue: ApprovalQueue) => Promise<unknown>>> = {
    submit: (queue) => queue.submit(REQUEST),
    get: (queue) => queue.get("one"),
    claim: (queue) => queue.claim("one", { approver: "alice" }),
    decide: (queue) => queue.decide("one", { approver: "alice", verdict: "approve", digest: "0".repeat(64) }),
    wait: (queue) => queue.wait("one"),
    list: (queue) => queue.list(),
    claimNext: (queue) => queue.claimNext({ approver: "alice" }),
  };
  const READS_OF = {
    request: ["submit", "get", "claim", "decide", "wait", "list", "claimNext"],
    order: ["list", "submit new"],
    open: ["claimNext", "submit new"],
    settled: ["submit new"],
  } as const;

  const planted = Object.keys(TYPES).flatMap((type) =>
    (Object.keys(READS_OF) as (keyof typeof READS_OF)[]).map((key) => [key, type] as const),
  );
  it.each(planted.filter(([key, type]) => key === "request" || type !== "sorted set"))(
    "whose key of the %s is a %s of another program are corrupt",
    async (key, type) => {
      const server = await opened();
      const queue = server.redis.openApprovals();
      await queue.submit(REQUEST);
      await plant(server, KEYS[key], type);
      for (const call of READS_OF[key]) {
        const answer = call === "submit new" ? queue.submit({ ...REQUEST, requestId: "two" }) : CALLS[call]?.(queue);
        await expect(answer, call).rejects.toEqual(CORRUPT_APPROVAL);
      }
    },
  );

  it.each(["revision", "record"])(
    "with an odd %s beside a request are corrupt, not undecided for ever",
    async (field) => {
      const { redis, run } = await opened();
      const queue = redis.openApprovals();
      await queue.submit(REQUEST);
      for (const number of ODD_NUMBERS) {
        await run("HSET", KEYS.request, field, number);
        await expect(queue.claim("one", { approver: "alice" }), number).rejects.toEqual(CORRUPT_APPROVAL);
      }
    },
  );

  it("whose request is not what the digest was made of, or too large, are corrupt", async () => {
    const { redis, run } = await opened();
    const queue = redis.openApprovals();
    await queue.submit(REQUEST);
    const record = (await run("HGET", KEYS.request, "record")) as string;
    const deep = JSON.stringify(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    for (const other of [
      record.replace("refund", "delete"),
      record.replace(/"request":"(?:[^"\\]|\\.)*"/, `"request":${deep}`),
      record.padEnd(2 * 1024 * 1024),
    ]) {
      expect(other).not.toBe(record);
      await run("HSET", KEYS.request, "record", other);
      await expect(queue.get("one")).rejects.toEqual(CORRUPT_APPROVAL);
      await expect(queue.list()).rejects.toEqual(CORRUPT_APPROVAL);
    }
  });

  it("whose index says another order than the requests are corrupt, and end", async () => {
    const { redis, run } = await opened();
    const queue = redis.openApprovals();
    // More than are read at a time.
    const ids = Array.from({ length: 201 }, (_, n) => `request-${n}`);
    await Promise.all(ids.map((requestId) => queue.submit({ ...REQUEST, requestId })));
    const scores = ids.flatMap((id, n) => [String(Date.now() + HOUR_MS - n), id]);
    await run("ZADD", KEYS.order, ...scores);
    await expect(queue.list({ agentId: "no one" })).rejects.toEqual(CORRUPT_APPROVAL);
  });

  it("in whose index others put ids of no request are listed without them", async () => {
    const { redis, run } = await opened();
    const queue = redis.openApprovals();
    await queue.submit(REQUEST);
    for (const id of ["", "}:{", "\u0000", "\n", "🦊", "x".repeat(100_000)]) {
      await run("ZADD", KEYS.order, "0", id);
      await run("ZADD", KEYS.open, "-inf", id);
      await run("ZADD", KEYS.settled, "-inf", id);
    }
    expect((await queue.list()).items.map(({ requestId }) => requestId)).toEqual(["one"]);
    expect((await queue.claimNext({ approver: "alice" }))?.requestId).toBe("one");
    await queue.submit({ ...REQUEST, requestId: "two" });
    expect((await queue.list()).items).toHaveLength(2);
  });
});

describe(...needing("redis", "hostile names"), () => {
  const TAKEN = [
    "a:b",
    "{}",
    "}{",
    "{",
    "a\nb",
    "\r\n*1\r\n$8\r\nFLUSHALL\r\n",
    "🦊".repeat(256),
    "%00",
    "..",
    "__proto__",
    "*",
  ];
  const REFUSED = ["", "a\u0000b", "\ud800", "x".repeat(4096)];

  it("are told apart by every port, and never leave their place", async () => {
    const { redis, prefix, run } = await opened();
    const queue = redis.openApprovals();
    const limiter = redis.openRateLimiter();
    const limitOf = (id: string) => [{ scope: id, id, limit: 1, windowMs: HOUR_MS }];
    for (const id of TAKEN) {
      expect((await queue.submit({ ...REQUEST, requestId: id, agentId: id })).requestId).toBe(id);
      expect((await limiter.check(limitOf(id), { partition: id })).allowed, id).toBe(true);
    }
    for (const id of TAKEN) {
      const approval = await queue.get(id);
      expect([approval?.requestId, approval?.agentId]).toEqual([id, id]);
      expect((await limiter.check(limitOf(id), { partition: id })).allowed, id).toBe(false);
    }
    expect((await queue.list()).items).toHaveLength(TAKEN.length);
    const [first = ""] = TAKEN;
    const waiting = queue.wait(first);
    const { digest } = (await queue.get(first)) ?? { digest: "" };
    await queue.decide(first, { approver: "\u202eevil", verdict: "approve", digest });
    expect((await waiting).state).toBe("approved");
    const keys = (await run("KEYS", `${prefix}:*`)) as string[];
    expect(keys.length).toBeGreaterThan(2 * TAKEN.length);
    expect(keys.filter((key) => !/^:\{(limits:|approvals\}:)/.test(key.slice(prefix.length)))).toEqual([]);
  });

  it("that no record may have are refused by every port", async () => {
    const { redis } = await opened();
    const queue = redis.openApprovals();
    const limiter = redis.openRateLimiter();
    const cache = redis.openPolicyCache({ store: { active: async () => undefined } });
    const refused = expect.objectContaining({ code: "invalid_argument" });
    for (const id of REFUSED) {
      const calls: Promise<unknown>[] = [
        queue.submit({ ...REQUEST, requestId: id }),
        queue.get(id),
        queue.claim(id, { approver: "alice" }),
        queue.wait(id),
        limiter.check([{ scope: id, id: "a", limit: 1, windowMs: 1000 }]),
        limiter.check([{ scope: "a", id, limit: 1, windowMs: 1000 }]),
        limiter.check(LIMITS, { partition: id }),
        cache.active(id),
        cache.invalidate(id),
      ];
      for (const call of calls) await expect(call).rejects.toEqual(refused);
    }
  });
});
