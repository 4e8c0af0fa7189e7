import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, hashFromBase64, toBase64 } from "../src/support/bytes.js";
import { hex } from "./support/trees.js";

test("of all texts that decode to some bytes, only the one that an encoder writes is read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(hex(fromBase64(toBase64(bytes)))).toBe(hex(bytes));
      const text = toBase64(bytes);
      for (const other of [`${text}=`, ` ${text}`, `${text}\n`, `${text}A`]) expect(fromBase64(other)).toBeUndefined();
    }),
  );
});

test("the text of a hash is read as any other, and no other text is", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat(43),
      fc.string({ minLength: 1, maxLength: 1 }),
      (bytes, at, other) => {
        const text = toBase64(bytes);
        expect(hex(hashFromBase64(text))).toBe(hex(bytes));
        const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
        const decoded = fromBase64(changed);
        expect(hex(hashFromBase64(changed))).toBe(decoded?.length === 32 ? hex(decoded) : undefined);
      },
    ),
  );
  for (const bytes of [0, 31, 33, 64]) expect(hashFromBase64(toBase64(new Uint8Array(bytes)))).toBeUndefined();
  for (const value of [undefined, null, 5, new Uint8Array(32)]) expect(hashFromBase64(value)).toBeUndefined();
});
