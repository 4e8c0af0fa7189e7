import { parseTokenKey } from "@agent-assembly/storage-core/backend";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_RECENT, NOTHING } from "../../src/audit/history/delivered.js";
import { before, MAX_OPEN } from "../../src/audit/history/position.js";
import { decodePosition, encodePosition, type Place } from "../../src/audit/history/position-token.js";
import { decodeRecent } from "../../src/audit/history/recent-code.js";

const ORIGIN = { id: 7, database: 16_384, seq: 0 };
const PLACE: Place = {
  position: { next: 100, open: [90, 95], part: { xact: 95, seq: 3 } },
  history: 11,
  lsn: 50_368_000,
  delivered: { recent: [80, 99, 95], unlisted: [60, 70] },
};

const forged = (place: Place): (() => unknown) => {
  const token = encodePosition(ORIGIN, place, undefined);
  return () => decodePosition("after", token, undefined);
};

/** Places as tails make them. */
const places = fc
  .record({
    next: fc.integer({ min: 1000, max: 2 ** 50 }),
    open: fc.uniqueArray(fc.integer({ min: 1, max: 900 }), { maxLength: 40 }),
    recent: fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 100 })), {
      maxLength: MAX_RECENT,
    }),
    unlisted: fc.option(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 401, max: 900 })), {
      nil: undefined,
    }),
    seq: fc.option(fc.integer({ min: 1, max: 2 ** 50 }), { nil: undefined }),
    history: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    lsn: fc.maxSafeNat(),
  })
  .map(({ next, open, recent, unlisted, seq, history, lsn }): Place => {
    const last = recent.at(-1);
    const part = seq === undefined || last === undefined ? undefined : { xact: next - last, seq };
    const all = new Set([...open.map((below) => next - below), ...(part === undefined ? [] : [part.xact])]);
    return {
      position: { next, open: [...all].toSorted((a, b) => a - b), part },
      history,
      lsn,
      delivered: {
        recent: recent.map((below) => next - below),
        unlisted: unlisted && [next - unlisted[1], next - unlisted[0]],
      },
    };
  });

describe("a position as text", () => {
  it("comes back as it was, signed or not", () => {
    const keys = parseTokenKey("k".repeat(32));
    fc.assert(
      fc.property(places, fc.constantFrom(undefined, keys), (place, key) => {
        const { origin, place: back } = decodePosition("after", encodePosition(ORIGIN, place, key), key);
        // But for their order: only the last one is known as such.
        const { recent, unlisted } = place.delivered;
        const last = place.position.part?.xact;
        const ordered = recent.filter((xact) => xact !== last).toSorted((a, b) => a - b);
        const delivered = { recent: last === undefined ? ordered : [...ordered, last], unlisted };
        expect(back).toEqual({ ...place, delivered });
        expect(origin).toEqual({ id: ORIGIN.id, database: ORIGIN.database });
      }),
    );
  });

  it("has a bounded length, however many transactions are open or were delivered", () => {
    const next = 2 ** 50;
    const below = (count: number): number[] => Array.from({ length: count }, (_, n) => next - count + n);
    const longest = encodePosition(
      { id: 2 ** 48 - 1, database: 2 ** 32 - 1, seq: 0 },
      {
        position: { next, open: below(2 * MAX_OPEN + 1), part: { xact: next - 1, seq: 2 ** 50 } },
        history: 2 ** 48 - 1,
        lsn: Number.MAX_SAFE_INTEGER,
        delivered: { recent: below(MAX_RECENT), unlisted: [0, next - 1] },
      },
      undefined,
    );
    expect(longest.length).toBeLessThan(8000);
    expect(decodePosition("after", longest, undefined).place.position.open).toHaveLength(2 * MAX_OPEN + 1);
    const usual = encodePosition(
      ORIGIN,
      {
        ...PLACE,
        delivered: { recent: below(MAX_RECENT), unlisted: undefined },
        position: { next, open: [next - 1], part: { xact: next - 1, seq: 7 } },
      },
      undefined,
    );
    expect(usual.length).toBeLessThan(200);
  });

  it.each<[string, Partial<Place>]>([
    ["an open transaction below zero", { position: { next: 5, open: [-1], part: undefined }, delivered: NOTHING }],
    ["open transactions out of order", { position: { next: 100, open: [95, 90], part: undefined } }],
    ["an open transaction twice", { position: { next: 100, open: [95, 95], part: undefined } }],
    ["a part of a transaction that is not open", { position: { next: 100, open: [90], part: { xact: 95, seq: 3 } } }],
    ["a part of a transaction that was not delivered", { delivered: { recent: [80, 99], unlisted: undefined } }],
    ["a part, and nothing delivered", { delivered: NOTHING }],
    ["a delivered transaction that is not included", { delivered: { recent: [100, 95], unlisted: undefined } }],
    ["an unlisted range that ends before it begins", { delivered: { recent: [95], unlisted: [70, 60] } }],
    ["an unlisted range below zero", { delivered: { recent: [95], unlisted: [-5, 60] } }],
  ])("is refused with %s", (_, change) => {
    expect(forged({ ...PLACE, ...change })).toThrow(/options\.after is damaged, or was not made by this store/);
  });

  it.each([
    ["none, of which one is the greatest", { newest: 5, words: [], far: [] }],
    ["all but the greatest", { newest: 50, words: [2], far: [] }],
    ["an empty word at the end", { newest: 50, words: [1, 0], far: [] }],
    ["a far one twice", { newest: 500, words: [1], far: [200, 200] }],
    ["far ones out of order", { newest: 500, words: [1], far: [300, 200] }],
    ["more than are kept", { newest: 500, words: [2 ** 30 - 1], far: [200, 201, 202] }],
    ["one below zero", { newest: 5, words: [2 ** 7 + 1], far: [] }],
  ])("has no list of delivered transactions with %s", (_, code) => {
    expect(decodeRecent(code)).toBeUndefined();
  });
});

describe("what is left of a position on a new timeline", () => {
  it("is what older transactions stored; a later number is another transaction's", () => {
    const position = { next: 100, open: [90, 95, 98], part: { xact: 95, seq: 3 } };
    expect(before(96, position)).toEqual({ next: 96, open: [90, 95], part: { xact: 95, seq: 3 } });
    expect(before(95, position)).toEqual({ next: 95, open: [90], part: undefined });
    expect(before(200, position)).toEqual(position);
  });
});
