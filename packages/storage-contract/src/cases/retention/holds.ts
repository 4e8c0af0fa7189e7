import assert from "node:assert/strict";
import type { HoldScope, NewLegalHold } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, NOW, UNRECORDED, uuid } from "../../support/fixtures.js";
import { onlyPartition } from "../partitions/slices.js";

const WHY = { reason: "case 7", actor: "ann" };
const RELEASE = { actor: "bob", reason: "settled" };

const at = (n: number): Date => event(n).ts;

/** One second apart. */
const EVENTS = [
  event(0, { agentId: "a", teamId: "red" }),
  event(1, { agentId: "a" }),
  event(2, { agentId: "b", teamId: "red" }),
  event(3, { agentId: "b" }),
  event(4, { agentId: "c", teamId: "blue" }),
];

/** A scope, and which of the events it covers. */
const SCOPES: [HoldScope, number[]][] = [
  [{}, [0, 1, 2, 3, 4]],
  [{ agentId: "a" }, [0, 1]],
  [{ teamId: "red" }, [0, 2]],
  [{ agentId: "a", teamId: "red" }, [0]],
  [{ from: at(3) }, [3, 4]],
  [{ to: at(1) }, [0]],
  [{ from: at(1), to: at(3) }, [1, 2]],
  [{ agentId: "b", from: at(3) }, [3]],
  [{ teamId: "red", from: at(1), to: at(5) }, [2]],
];

const UNCOVERING: HoldScope[] = [
  { agentId: "A" },
  { agentId: "c", teamId: "red" },
  { from: at(5) },
  { to: at(0) },
  { teamId: "red", from: at(3) },
];

/** Holds that cannot be, and what the refusal must name. */
const BAD: [unknown, RegExp][] = [
  [null, /hold must be an object/],
  [{ actor: "ann" }, /hold\.reason/],
  [{ ...WHY, reason: "" }, /hold\.reason/],
  [{ ...WHY, reason: "x".repeat(513) }, /hold\.reason/],
  [{ reason: "r" }, /hold\.actor/],
  [{ ...WHY, actor: 7 }, /hold\.actor/],
  [{ ...WHY, agentId: "" }, /hold\.agentId/],
  [{ ...WHY, agentId: ["a"] }, /hold\.agentId/],
  [{ ...WHY, teamId: "\ud800" }, /hold\.teamId/],
  [{ ...WHY, from: "2026" }, /hold\.from/],
  [{ ...WHY, to: new Date(Number.NaN) }, /hold\.to/],
  [{ ...WHY, from: at(1), to: at(1) }, /hold\.to must be after hold\.from/],
  [{ ...WHY, from: at(2), to: at(1) }, /hold\.to must be after hold\.from/],
  [{ ...WHY, teamid: "red" }, /unknown key "teamid".*Did you mean "teamId"/],
  [{ ...WHY, holdId: uuid(1) }, /unknown key "holdId"/],
];

/** Legal holds: their register, and that no drop deletes what they cover. */
export const holdCases = defineCases([
  {
    id: "holds.register",
    title: "holds read back as placed, oldest first, and stay recorded with who released them, when and why",
    async run({ storage }) {
      let now = NOW;
      const { holds } = await storage({ ...ANY_TIME, clock: () => now });
      assert.deepEqual(await holds.list(), []);
      const given: NewLegalHold[] = [
        { ...WHY, agentId: "a", teamId: "é", from: at(0), to: at(9) },
        { reason: 'about "😀"', actor: "bob" },
        { ...WHY, teamId: "red", from: undefined },
      ];
      const placed = [];
      for (const hold of given) {
        placed.push(await holds.place(hold));
        now += 1000;
      }
      for (const [n, { holdId, placedAt, state, ...rest }] of placed.entries()) {
        assert.equal(state, "in_force");
        assert.match(holdId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        assert.deepEqual(placedAt, new Date(NOW + n * 1000));
        const { from, ...members } = given[n] as NewLegalHold;
        assert.deepEqual(rest, from === undefined ? members : given[n]);
      }
      assert.deepEqual(await holds.list(), placed);
      assert.deepEqual(await holds.list({ released: true }), placed);

      const [first, second, third] = placed as [(typeof placed)[0], (typeof placed)[0], (typeof placed)[0]];
      const released = await holds.release(second.holdId.toUpperCase(), RELEASE);
      assert.deepEqual(released, {
        ...second,
        state: "released",
        release: { actor: "bob", reason: "settled", releasedAt: new Date(now) },
      });
      assert.deepEqual(await holds.list(), [first, third]);
      assert.deepEqual(await holds.list({ released: false }), [first, third]);
      assert.deepEqual(await holds.list({ released: true }), [first, released, third]);
    },
  },
  {
    id: "holds.ties",
    title: "holds of one instant are ordered by holdId",
    async run({ storage }) {
      const { holds } = await storage(ANY_TIME);
      const ids = [];
      for (let n = 0; n < 5; n++) ids.push((await holds.place(WHY)).holdId);
      assert.equal(new Set(ids).size, 5);
      assert.deepEqual(
        (await holds.list()).map(({ holdId }) => holdId),
        ids.toSorted(),
      );
    },
  },
  {
    id: "holds.refusals",
    title: "bad holds and releases are refused with the name of the member; a hold is released once",
    async run({ storage }) {
      const { holds } = await storage(ANY_TIME);
      for (const [hold, message] of BAD) {
        await rejects(() => holds.place(hold as NewLegalHold), "invalid_argument", message);
      }
      assert.deepEqual(await holds.list({ released: true }), []);
      const hold = await holds.place(WHY);
      for (const [release, message] of [
        [undefined, /release must be an object/],
        [{ reason: "r" }, /release\.actor/],
        [{ actor: "bob" }, /release\.reason/],
        [{ ...RELEASE, reason: "" }, /release\.reason/],
        [{ ...RELEASE, why: "x" }, /unknown key "why"/],
      ] as const) {
        await rejects(() => holds.release(hold.holdId, release as never), "invalid_argument", message);
      }
      await rejects(() => holds.release("7", RELEASE), "invalid_argument", {
        message: /must be a UUID/,
        option: "holdId",
      });
      await rejects(() => holds.release(uuid(7), RELEASE), "not_found", /hold/);
      await rejects(() => holds.list({ released: 1 as never }), "invalid_argument", /released/);
      await rejects(() => holds.list({ all: true } as never), "invalid_argument", /unknown key/);
      assert.deepEqual(await holds.list(), [hold]);
      const released = await holds.release(hold.holdId, RELEASE);
      await rejects(() => holds.release(hold.holdId, { ...RELEASE, reason: "again" }), "conflict", /released/);
      assert.deepEqual(await holds.list({ released: true }), [released]);
    },
  },
  {
    id: "holds.scopes",
    title: "a drop that meets one event under a hold is a conflict that says how many, and removes nothing",
    async run({ harness, storage }) {
      const backend = await storage(UNRECORDED);
      const { partitions, holds } = backend;
      await backend.audit.append(EVENTS);
      const all = await collect(backend.audit.stream());
      const before = await harness.readStoredEvents(backend);
      const partition = await onlyPartition(backend);
      const expect = { rows: all.length };
      for (const [scope, covered] of SCOPES) {
        const what = JSON.stringify(scope);
        const hold = await holds.place({ ...WHY, ...scope });
        const message = new RegExp(`1 legal hold covers ${covered.length} of the 5 rows`);
        await rejects(() => partitions.drop(partition, { expect }), "conflict", message);
        for (const n of covered) {
          const selection = { only: [{ eventId: all[n]?.eventId as string }] };
          await rejects(
            () => partitions.drop(partition, { selection, expect: { rows: 1 } }),
            "conflict",
            /1 of the 1 row;/,
          );
        }
        assert.deepEqual(await harness.readStoredEvents(backend), before, what);
        // What the hold does not cover goes.
        const rest = all.filter((_, n) => !covered.includes(n));
        const selection = { except: [scope] };
        assert.deepEqual(await partitions.drop(partition, { selection, expect: { rows: rest.length } }), {
          rows: rest.length,
        });
        assert.equal(await backend.audit.count(), covered.length, what);
        await partitions.restore(rest);
        await holds.release(hold.holdId, RELEASE);
      }
      for (const scope of UNCOVERING) await holds.place({ ...WHY, ...scope });
      assert.deepEqual(await partitions.drop(partition, { expect }), expect);
    },
  },
  {
    id: "holds.several",
    title: "of several holds each counts that covers a row, and a row counts once",
    async run({ storage }) {
      const backend = await storage(UNRECORDED);
      const { partitions, holds } = backend;
      await backend.audit.append(EVENTS);
      const partition = await onlyPartition(backend);
      for (const scope of [{ agentId: "a" }, { teamId: "red" }, { agentId: "z" }]) {
        await holds.place({ ...WHY, ...scope });
      }
      const drop = () => partitions.drop(partition, { expect: { rows: 5 } });
      await rejects(drop, "conflict", /2 legal holds cover 3 of the 5 rows.*then plan again/);
      assert.equal(await backend.audit.count(), 5);
    },
  },
  {
    id: "holds.released",
    title: "what a hold kept goes when the last hold on it is released",
    async run({ storage }) {
      const backend = await storage(UNRECORDED);
      const { partitions, holds } = backend;
      await backend.audit.append(EVENTS);
      const partition = await onlyPartition(backend);
      const one = await holds.place({ ...WHY, agentId: "a" });
      const two = await holds.place({ ...WHY, teamId: "red" });
      const drop = () => partitions.drop(partition, { expect: { rows: 5 } });
      await rejects(drop, "conflict", /hold/);
      await holds.release(one.holdId, RELEASE);
      await rejects(drop, "conflict", /hold/);
      await holds.release(two.holdId, RELEASE);
      assert.deepEqual(await drop(), { rows: 5 });
      assert.equal((await holds.list({ released: true })).length, 2);
    },
  },
  {
    id: "holds.placed-meanwhile",
    title: "a hold that is placed while a drop runs keeps what is still there",
    async run({ storage }) {
      const backend = await storage(UNRECORDED);
      const { partitions, holds } = backend;
      await backend.audit.append(events(5000, () => ({ ts: new Date(NOW - 1000) })));
      const partition = await onlyPartition(backend);
      let placed: Promise<unknown> | undefined;
      let gone = 0;
      const dropping = partitions.drop(partition, {
        expect: { rows: 5000 },
        onProgress(rows) {
          gone = rows;
          placed ??= holds.place({ ...WHY, agentId: "agent-1" });
        },
      });
      const [outcome] = await Promise.allSettled([dropping]);
      await (placed ?? assert.fail("no progress was told"));
      // A store that drops in one step was through before the hold was placed.
      if (outcome.status === "fulfilled") assert.deepEqual(outcome.value, { rows: 5000 });
      else await rejects(dropping, "conflict", /hold/);
      assert.equal(await backend.audit.count(), 5000 - gone);
    },
  },
]);
