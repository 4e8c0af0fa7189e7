import assert from "node:assert/strict";
import { stepOf } from "@agent-assembly/storage-core/state";
import { rejects } from "../../support/assert.js";
import { inTime } from "../in-time.js";
import { allowedOf, LONG_MS, perAgent, perTeam, type RateLimitCase } from "./case.js";

/** Every case of the rate limiter, in the order they run. */
export const rateLimitCases: readonly RateLimitCase[] = [
  {
    id: "limits.check.exact",
    title: "exactly as many are allowed as the limit says, however many ask at the same time",
    async run({ open, second }) {
      const limiter = await open();
      const other = await second(limiter);
      const allowed = await allowedOf(500, (n) => (n % 2 === 0 ? limiter : other).check([perAgent(137)]));
      assert.equal(allowed, 137);
      assert.equal((await other.check([perAgent(137)])).allowed, false);
      assert.equal((await other.check([perAgent(137, 600_000, "agent-2")])).allowed, true);
    },
  },
  {
    id: "limits.check.answer",
    title: "an answer says what is left, and after a refusal who refused and how long to wait",
    async run({ open }) {
      const limiter = await open();
      const limits = [perAgent(3, LONG_MS), perTeam(2, LONG_MS * 2)];
      const { source, ...first } = await limiter.check(limits);
      assert.deepEqual(first, { allowed: true, remaining: 1, retryAfterMs: 0 });
      assert.notEqual(source, "");
      assert.equal((await limiter.check(limits)).remaining, 0);
      const { retryAfterMs, ...refused } = await limiter.check(limits);
      assert.deepEqual(refused, { allowed: false, remaining: 0, refusedBy: limits[1], source });
      // Long windows may count in steps: what was taken within one becomes free at its end.
      const most = LONG_MS * 2 + stepOf(LONG_MS * 2);
      assert.ok(retryAfterMs > 0 && retryAfterMs <= most, `${retryAfterMs} ms`);
      const both = [perAgent(2, LONG_MS), perTeam(2, LONG_MS * 2)];
      assert.deepEqual((await limiter.check(both)).refusedBy, both[1]);
      assert.deepEqual((await limiter.check(both.toReversed())).refusedBy, both[1]);
    },
  },
  {
    id: "limits.check.all-or-nothing",
    title: "what one limit refuses counts in none of the others",
    async run({ open }) {
      const limiter = await open();
      assert.equal((await limiter.check([perTeam(1)])).allowed, true);
      for (let n = 0; n < 5; n++) {
        const { allowed, refusedBy } = await limiter.check([perAgent(3), perTeam(1)]);
        assert.equal(allowed, false);
        assert.equal(refusedBy?.scope, "team");
        assert.equal((await limiter.check([perTeam(1), perAgent(3)])).allowed, false);
      }
      assert.equal(await allowedOf(10, () => limiter.check([perAgent(3)])), 3);
    },
  },
  {
    id: "limits.check.together",
    title: "agents share the limit of their team, each within its own",
    async run({ open, second }) {
      const limiter = await open();
      const other = await second(limiter);
      const counts = new Map<string, number>();
      const total = await allowedOf(300, async (n) => {
        const id = `agent-${n % 5}`;
        const answer = await (n % 2 === 0 ? limiter : other).check([perAgent(30, 600_000, id), perTeam(100)]);
        if (answer.allowed) counts.set(id, (counts.get(id) ?? 0) + 1);
        return answer;
      });
      assert.equal(total, 100);
      for (const [id, count] of counts) assert.ok(count <= 30, `${id}: ${count}`);
    },
  },
  {
    id: "limits.window.slides",
    title: "what was counted is free again a window later, not before, and not at the turn of some other window",
    async run({ open, advance }) {
      const limiter = await open();
      await inTime(
        (ms) => advance(limiter, ms),
        async (moment) => {
          const limits = [perAgent(4, moment.ms, `agent-${moment.attempt}`)];
          assert.equal(await allowedOf(2, () => limiter.check(limits)), 2);
          await moment.advance(moment.ms / 2);
          assert.equal(await allowedOf(4, () => limiter.check(limits)), 2);
          const { retryAfterMs } = await limiter.check(limits);
          assert.ok(retryAfterMs > 0 && retryAfterMs <= moment.ms / 2, `${retryAfterMs} ms`);
          await moment.advance(retryAfterMs);
          // The second half of the first window's checks is still in the window: no double burst.
          assert.equal(await allowedOf(4, () => limiter.check(limits)), 2);
          await moment.advance(moment.ms);
          assert.equal(await allowedOf(8, () => limiter.check(limits)), 4);
        },
      );
    },
  },
  {
    id: "limits.window.edge",
    title: "until the moment a check says it can be repeated it is refused, from then on it is allowed",
    async run({ open, advance }) {
      const limiter = await open();
      await inTime(
        (ms) => advance(limiter, ms),
        async (moment) => {
          const limits = [perAgent(1, moment.ms, `agent-${moment.attempt}`)];
          await limiter.check(limits);
          const { retryAfterMs } = await limiter.check(limits);
          await moment.advance(retryAfterMs / 2);
          const halfway = await limiter.check(limits);
          assert.equal(halfway.allowed, false);
          assert.ok(halfway.retryAfterMs <= retryAfterMs / 2 + 1, `${halfway.retryAfterMs} of ${retryAfterMs} ms`);
          await moment.advance(halfway.retryAfterMs);
          assert.equal((await limiter.check(limits)).allowed, true);
        },
      );
    },
  },
  {
    id: "limits.window.several",
    title: "several windows of one agent are counts of their own; a changed limit goes on from where the count is",
    async run({ open }) {
      const limiter = await open();
      const both = (perHour: number) => [perAgent(3, 60_000), perAgent(perHour, 3_600_000)];
      assert.equal(await allowedOf(5, () => limiter.check(both(10))), 3);
      assert.equal(await allowedOf(20, () => limiter.check([perAgent(10, 3_600_000)])), 7);
      assert.deepEqual((await limiter.check([perAgent(5, 3_600_000)])).remaining, 0);
      assert.equal(await allowedOf(20, () => limiter.check([perAgent(14, 3_600_000)])), 4);
      assert.equal(await allowedOf(3, () => limiter.check([perAgent(2, 7_200_000)])), 2);
    },
  },
  {
    id: "limits.weight.counts",
    title: "a weight counts for so many, whole or not at all, and waits until so much is free",
    async run({ open, advance }) {
      const limiter = await open();
      await inTime(
        (ms) => advance(limiter, ms),
        async (moment) => {
          const limits = [perAgent(10, moment.ms, `agent-${moment.attempt}`)];
          assert.equal((await limiter.check(limits, { weight: 6 })).remaining, 4);
          const refused = await limiter.check(limits, { weight: 5 });
          assert.equal(refused.allowed, false);
          assert.equal(refused.remaining, 4);
          assert.equal((await limiter.check(limits, { weight: 4 })).remaining, 0);
          const { retryAfterMs } = await limiter.check(limits, { weight: 10 });
          await moment.advance(retryAfterMs);
          assert.equal((await limiter.check(limits, { weight: 10 })).allowed, true);
        },
      );
    },
  },
  {
    id: "limits.check.hostile-names",
    title: "names are taken as they are: no separator, brace or pattern joins two counts",
    async run({ open }) {
      const limiter = await open();
      const names = ["a", "a:b", "{a}", "}", "*", "b:a", "%3A", "\u{1f600}", "x".repeat(512)];
      for (const scope of names.slice(0, 5)) {
        for (const id of names) {
          assert.equal((await limiter.check([{ scope, id, limit: 1, windowMs: 600_000 }])).allowed, true);
        }
      }
      assert.equal((await limiter.check([{ scope: "a:b", id: "a", limit: 1, windowMs: 600_000 }])).allowed, false);
      const apart = { partition: "{b}" };
      assert.equal((await limiter.check([{ scope: "a", id: "a", limit: 1, windowMs: 600_000 }], apart)).allowed, true);
    },
  },
  {
    id: "limits.check.bad-input",
    title: "limits, windows and weights that cannot be are refused, and nothing is counted",
    async run({ open }) {
      const limiter = await open();
      for (const limit of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1.5, "5", 1_000_000_001]) {
        await rejects(limiter.check([perAgent(limit as number)]), "invalid_argument", /limits\[0\]\.limit/);
      }
      for (const windowMs of [0, 0.5, -1, Number.NaN, 32 * 86_400_000]) {
        await rejects(limiter.check([perTeam(1), perAgent(1, windowMs)]), "invalid_argument", /limits\[1\]\.windowMs/);
      }
      for (const weight of [0, -1, 0.5, Number.NaN, "1"]) {
        await rejects(limiter.check([perAgent(9)], { weight: weight as number }), "invalid_argument", /weight/);
      }
      await rejects(limiter.check([perAgent(9), perTeam(2)], { weight: 3 }), "invalid_argument", /never be allowed/);
      await rejects(limiter.check([]), "invalid_argument", /limits/);
      await rejects(limiter.check([perAgent(1), perAgent(2)]), "invalid_argument", /repeats/);
      await rejects(limiter.check([{ ...perAgent(1), id: "" }]), "invalid_argument", /id/);
      await rejects(limiter.check([{ ...perAgent(1), window: 1 } as never]), "invalid_argument", /unknown key/);
      await rejects(limiter.check([perAgent(1)], { partition: "" }), "invalid_argument", /partition/);
      assert.equal((await limiter.check([perAgent(9), perTeam(2)])).remaining, 1);
    },
  },
  {
    id: "limits.close.refuses",
    title: "after close every operation is refused, and closing again does nothing",
    async run({ open }) {
      const limiter = await open();
      assert.equal((await limiter.health()).status, "ok");
      await limiter.close();
      await limiter[Symbol.asyncDispose]();
      await rejects(limiter.check([perAgent(1)]), "closed");
      await rejects(limiter.health(), "closed");
    },
  },
];
