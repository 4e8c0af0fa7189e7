import assert from "node:assert/strict";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, NOW } from "../../support/fixtures.js";

const TTL = 10_000;

/** Leases among the openings of a store. */
export const leaseCases = defineCases([
  {
    id: "retention.lease.exclusive",
    title: "a held lease is not given again, other names are, and releasing lets the next one in",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      const first = (await retentionSupport.lease("retention", TTL)) ?? assert.fail("the lease is free");
      assert.equal(first.name, "retention");
      assert.deepEqual(first.expiresAt, new Date(NOW + TTL));
      assert.equal(await retentionSupport.lease("retention", TTL), undefined);
      assert.notEqual(await retentionSupport.lease("other", TTL), undefined);
      await first.release();
      await first.release();
      const second = (await retentionSupport.lease("retention", TTL)) ?? assert.fail("the lease was released");
      await first.release();
      assert.equal(await first.renew(), false);
      assert.equal(await retentionSupport.lease("retention", TTL), undefined);
      await second[Symbol.asyncDispose]();
      assert.notEqual(await retentionSupport.lease("retention", TTL), undefined);
    },
  },
  {
    id: "retention.lease.expires",
    title: "a lease ends at its time unless renewed; a former owner cannot renew it or release the new owner's",
    async run({ storage }) {
      let now = NOW;
      const { retentionSupport } = await storage({ ...ANY_TIME, clock: () => now });
      const first = (await retentionSupport.lease("retention", TTL)) ?? assert.fail("the lease is free");
      now += TTL - 1;
      assert.equal(await retentionSupport.lease("retention", TTL), undefined);
      assert.equal(await first.renew(), true);
      assert.deepEqual(first.expiresAt, new Date(now + TTL));
      now += TTL - 1;
      assert.equal(await retentionSupport.lease("retention", TTL), undefined);
      now += 1;
      const second = (await retentionSupport.lease("retention", TTL)) ?? assert.fail("the lease has expired");
      assert.equal(await first.renew(), false);
      await first.release();
      assert.equal(await retentionSupport.lease("retention", TTL), undefined);
      assert.equal(await second.renew(), true);
    },
  },
  {
    id: "retention.lease.bad-input",
    title: "names and times that cannot be are refused",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      await rejects(() => retentionSupport.lease("", TTL), "invalid_argument", /name/);
      for (const ttl of [0, 999, 86_400_001, 1000.5, Number.NaN, "1000"]) {
        await rejects(() => retentionSupport.lease("retention", ttl as number), "invalid_argument", /ttlMs/);
      }
      assert.notEqual(await retentionSupport.lease("retention", 1000), undefined);
    },
  },
]);
