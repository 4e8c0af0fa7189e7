import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packSeqs, unpackSeqs } from "../../src/log/seq-list.js";

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

  it("take few bytes together where all follow one another, and are never longer for it", () => {
    const seqs = Array.from({ length: 4096 }, (_, n) => 1_000_000 + n);
    expect(packSeqs(seqs).length).toBeLessThan(10);
    expect(unpackSeqs(packSeqs(seqs), 4096)).toEqual(seqs);
    const uneven = seqs.map((seq, n) => seq + (n % 2));
    expect(packSeqs(uneven).length).toBe(4098);
    const runs = packSeqs(seqs);
    expect(() => unpackSeqs(runs, 4095)).toThrow(/a batch does not have/);
    expect(() => unpackSeqs(Uint8Array.from([...runs.subarray(0, -1), 255]), 4096)).toThrow(/a batch does not have/);
    expect(() => unpackSeqs(Uint8Array.from([1, 2, 255, 255, 255, 255, 255, 127]), 4096)).toThrow(/a batch does not/);
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
