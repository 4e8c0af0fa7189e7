import assert from "node:assert/strict";
import type { PolicyCache } from "@agent-assembly/storage-core/state";
import { rejects } from "../../support/assert.js";
import { inTime } from "../in-time.js";
import { assertCached, type PolicyCacheCase, TTL_MS, versionOf } from "./case.js";
import { CountingStore } from "./counting-store.js";

/** What the cache answers, and how often it asks. */
export const policyCacheAnswerCases: readonly PolicyCacheCase[] = [
  {
    id: "cache.active.read-through",
    title: "the first answer is the store's, the next ones come from the cache, all as the store gives them",
    async run({ open }) {
      const store = new CountingStore();
      const source = '# kept \u{1f600}\nrules:\n  - id: "one"\n    deep: [1, {two: null}]\n';
      await store.activate("policy", source);
      const cache = await open({ store });
      const first = await cache.active("policy");
      assert.equal(first.source, "store");
      assert.deepEqual({ ...first.policy }, await store.policies.active("policy"));
      const second = await cache.active("policy");
      assert.equal(second.source, "process");
      assertCached(second);
      assert.deepEqual({ ...second.policy }, await store.policies.active("policy"));
      assert.equal(store.queries, 1);
    },
  },
  {
    id: "cache.active.nothing",
    title: "that there is no active version is kept too",
    async run({ open }) {
      const store = new CountingStore();
      const cache = await open({ store });
      assert.deepEqual((await cache.active("policy")).policy, undefined);
      assert.equal(await versionOf(cache), undefined);
      assert.equal(store.queries, 1);
    },
  },
  {
    id: "cache.active.single-flight",
    title: "a thousand who miss at the same time make one query",
    async run({ open, second }) {
      const store = new CountingStore();
      await store.activate("policy", "a: 1");
      const cache = await open({ store });
      store.hold();
      const answers = Array.from({ length: 1000 }, () => versionOf(cache));
      store.release();
      assert.deepEqual(new Set(await Promise.all(answers)), new Set([1]));
      assert.equal(store.queries, 1);
      await versionOf(await second(cache, { store }));
      assert.ok(store.queries <= 2, `${store.queries} queries`);
    },
  },
  {
    id: "cache.active.ttl",
    title: "an answer is never older than the TTL, in whatever level it was, and says how old it is",
    async run({ open, second, advance }) {
      const store = new CountingStore();
      await store.activate("policy", "a: 1");
      const cache = await open({ store, ttlMs: TTL_MS });
      const other = await second(cache, { store, ttlMs: TTL_MS });
      await cache.active("policy");
      await advance(cache, TTL_MS / 2);
      const { ageMs, source } = await cache.active("policy");
      if (source !== "store") assert.ok(ageMs >= TTL_MS / 2, `${ageMs} ms`);
      // In another process it is as old as in the first, not as new as its arrival there.
      await other.active("policy");
      const version = await store.activate("policy", "a: 2");
      await advance(cache, TTL_MS);
      assert.equal(await versionOf(cache), version);
      assert.equal(await versionOf(other), version);
    },
  },
  {
    id: "cache.active.store-away",
    title: "while the store is away answers within the TTL are given, then its error, and none is kept",
    async run({ open, advance }) {
      let cache: PolicyCache;
      await inTime(
        (ms) => advance(cache, ms),
        async (moment) => {
          const store = new CountingStore();
          await store.activate("policy", "a: 1");
          cache = await open({ store, ttlMs: moment.ms });
          await cache.active("policy");
          store.away = true;
          assert.equal(await versionOf(cache), 1);
          await rejects(cache.active("other"), "unavailable", /store is away/);
          await moment.advance(moment.ms);
          await rejects(cache.active("policy"), "unavailable", /store is away/);
          store.away = false;
          const errors: unknown[] = [];
          const note = (error: unknown): void => void errors.push(error);
          assert.equal(await versionOf(cache).catch(note), 1);
          assert.equal(await versionOf(cache, "other").catch(note), undefined);
          assert.deepEqual(errors, []);
        },
      );
    },
  },
  {
    id: "cache.active.shared-safely",
    title: "changing a returned value does not affect other callers",
    async run({ open }) {
      const store = new CountingStore();
      await store.activate("policy", "rules: [one]");
      const cache = await open({ store });
      for (let n = 0; n < 2; n++) {
        const policy = (await cache.active("policy")).policy ?? assert.fail("a version is active");
        policy.source.fill(0);
        policy.createdAt.setTime(0);
        const { rules } = policy.document as { rules: string[] };
        assert.throws(() => rules.push("two"), TypeError);
      }
      assert.deepEqual({ ...(await cache.active("policy")).policy }, await store.policies.active("policy"));
    },
  },
  {
    id: "cache.active.bounded",
    title: "more names than fit push out those that were not asked for the longest",
    async run({ open }) {
      const store = new CountingStore();
      const cache = await open({ store, maxEntries: 3 });
      for (const name of ["a", "b", "c"]) await cache.active(name);
      await cache.active("a");
      await cache.active("d");
      assert.equal((await cache.health()).details.entries, 3);
      assert.equal((await cache.active("a")).source, "process");
      assert.notEqual((await cache.active("b")).source, "process");
      const small = await open({ store, maxBytes: 1 });
      await small.active("a");
      assert.equal((await small.health()).details.entries, 0);
    },
  },
  {
    id: "cache.bad-input",
    title: "names, TTLs and sizes that cannot be are refused",
    async run({ open }) {
      const store = new CountingStore();
      for (const ttlMs of [0, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 86_400_001, "30000"]) {
        await rejects(open({ store, ttlMs: ttlMs as number }), "invalid_argument", /ttlMs/);
      }
      await rejects(open({ store, maxEntries: 0 }), "invalid_argument", /maxEntries/);
      await rejects(open({ store, maxBytes: 1.5 }), "invalid_argument", /maxBytes/);
      await rejects(open({ store: {} as never }), "invalid_argument", /store/);
      const cache = await open({ store });
      await rejects(cache.active(""), "invalid_argument", /name/);
      await rejects(cache.invalidate("\u0000"), "invalid_argument", /name/);
      assert.equal(store.queries, 0);
    },
  },
  {
    id: "cache.close.refuses",
    title: "after close every operation is refused, and closing again does nothing",
    async run({ open }) {
      const cache = await open({ store: new CountingStore() });
      await cache.active("policy");
      assert.equal((await cache.health()).status, "ok");
      await cache.close();
      await cache[Symbol.asyncDispose]();
      await rejects(cache.active("policy"), "closed");
      await rejects(cache.invalidate("policy"), "closed");
      await rejects(cache.health(), "closed");
    },
  },
];
