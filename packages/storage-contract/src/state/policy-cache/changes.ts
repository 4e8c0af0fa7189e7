import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { announcing } from "@agent-assembly/storage-core/state";
import { rejects } from "../../support/assert.js";
import { eventually, eventuallyWell, LONG_TTL_MS, type PolicyCacheCase, TTL_MS, versionOf } from "./case.js";
import { CountingStore } from "./counting-store.js";

/** How changes get through. */
export const policyCacheChangeCases: readonly PolicyCacheCase[] = [
  {
    id: "cache.invalidate.here",
    title: "what was invalidated is asked for anew at once, other names are not",
    async run({ open }) {
      const store = new CountingStore();
      await store.activate("policy", "a: 1");
      const cache = await open({ store });
      assert.equal(await versionOf(cache), 1);
      assert.equal(await versionOf(cache, "other"), undefined);
      await store.activate("policy", "a: 2");
      assert.equal(await versionOf(cache), 1);
      await cache.invalidate("policy");
      assert.equal(await versionOf(cache), 2);
      const { queries } = store;
      await cache.active("other");
      assert.equal(store.queries, queries);
    },
  },
  {
    id: "cache.invalidate.everywhere",
    title: "what one process invalidates is asked for anew by the others at once, negative answers too",
    async run({ open, second }) {
      const store = new CountingStore();
      const cache = await open({ store });
      const other = await second(cache, { store });
      assert.equal(await versionOf(other), undefined);
      for (let version = 1; version <= 5; version++) {
        await store.activate("policy", `a: ${version}`);
        await cache.invalidate("policy");
        await eventually(other, version);
        assert.equal(await versionOf(cache), version);
      }
    },
  },
  {
    id: "cache.invalidate.announcing",
    title: "activations and rollbacks through an announcing store are seen everywhere, refused ones change nothing",
    async run({ open, second }) {
      const store = new CountingStore();
      const cache = await open({ store });
      const other = await second(cache, { store });
      const policies = announcing(store.policies, cache);
      const by = { actor: "alice" };
      await policies.save({ name: "policy", source: "a: 1" }, { actor: "alice" });
      await policies.save({ name: "policy", source: "a: 2" }, { actor: "alice" });
      assert.equal(await versionOf(other), undefined);
      await policies.activate("policy", 1, by);
      await eventually(other, 1);
      await policies.activate("policy", 2, by);
      assert.equal(await versionOf(cache), 2);
      await eventually(other, 2);
      await rejects(policies.activate("policy", 3, by), "not_found");
      await policies.rollback("policy", by);
      await eventually(other, 1);
      assert.equal(await versionOf(cache), 1);
      assert.deepEqual({ ...(await policies.active("policy")) }, await store.policies.active("policy"));
    },
  },
  {
    id: "cache.invalidate.query-under-way",
    title: "a query that began before an invalidation leaves nothing behind, in no level",
    async run({ open, second }) {
      const store = new CountingStore();
      await store.activate("policy", "a: 1");
      const cache = await open({ store });
      store.hold();
      const before = versionOf(cache);
      while (store.queries === 0) await nextTurn();
      // The query has read version 1 by now, and is held up on its way back.
      await nextTurn();
      await store.activate("policy", "a: 2");
      await cache.invalidate("policy");
      const after = versionOf(cache);
      store.release();
      assert.ok([1, 2].includes((await before) as number));
      assert.equal(await after, 2);
      assert.equal(await versionOf(cache), 2);
      assert.equal(await versionOf(await second(cache, { store })), 2);
    },
  },
  {
    id: "cache.invalidate.lost-messages",
    title:
      "while messages get lost the store is asked; when they arrive again nothing of before is left; health says so",
    async run({ harness, open, second, advance }) {
      const store = new CountingStore();
      await store.activate("policy", "a: 1");
      // What can get lost must be noticed by other means than the TTL.
      const ttlMs = harness.interrupt === undefined ? TTL_MS : LONG_TTL_MS;
      const cache = await open({ store, ttlMs });
      const other = await second(cache, { store, ttlMs });
      assert.equal(await versionOf(other), 1);
      if (harness.interrupt === undefined) {
        // Nothing can get lost: what was not announced is at least bounded by the TTL.
        await store.activate("policy", "a: 2");
        await advance(cache, TTL_MS);
        assert.equal(await versionOf(other), 2);
        return;
      }
      const resume = await harness.interrupt(cache);
      await store.activate("policy", "a: 2");
      assert.equal(await versionOf(other), 2);
      assert.equal((await other.active("policy")).source, "store");
      const health = await other.health();
      assert.equal(health.status, "degraded");
      assert.match(health.backedBy, /straight from the store/);
      assert.notEqual(health.problems.length, 0);
      await rejects(cache.invalidate("policy"), "unavailable");
      store.away = true;
      assert.equal(await versionOf(other), 2);
      store.away = false;
      await store.activate("policy", "a: 3");
      await resume();
      await eventually(other, 3);
      await eventually(cache, 3);
      await eventuallyWell(other);
      await other.active("policy");
      const { queries } = store;
      await other.active("policy");
      assert.equal(store.queries, queries);
    },
  },
];
