import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packSeqs, unpackSeqs } from "../../src/stored/seq-list.js";

describe("numbers of rows", () => {
  it("come back, whatever their order", () => {
    const seq = fc.oneof(
      fc.nat(300),
      fc.nat(),
      fc.maxSafeNat().map((n) => n % 2 ** 52),
    );
    fc.assert(
      fc.property(fc.array(seq, { maxLength: 50 }), (seqs) => {
        expect(unpackSeqs(packSeqs(seqs), seqs.length)).toEqual(seqs);
      }),
    );
  });

  it("take a byte where one follows the other", () => {
    expect(packSeqs([5, 6, 7, 8])).toEqual(Uint8Array.from([10, 2, 2, 2]));
    expect(packSeqs([1_000_000, 1_000_001]).length).toBe(4);
  });

  it("are refused where bytes are missing, damaged or too many", () => {
    const bytes = packSeqs([5, 600, 7]);
    for (const [damaged, count] of [
      [bytes.subarray(0, -1), 3],
      [bytes, 2],
      [bytes, 4],
      [new Uint8Array(20).fill(255), 1],
      [Uint8Array.from([1]), 1],
    ] as const) {
      expect(() => unpackSeqs(damaged, count)).toThrow(/a batch does not have the numbers/);
    }
  });
});
