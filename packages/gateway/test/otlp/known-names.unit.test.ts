import fc from "fast-check";
import { expect, test } from "vitest";
import { knownName, LONGEST_NAME } from "../../src/otlp/protobuf/known-names.js";

function read(bytes: Uint8Array): string {
  return knownName(Buffer.from(bytes), 0, bytes.byteLength);
}

test("any bytes read as their text, the first time and again", () => {
  const names = fc.oneof(
    fc.uint8Array({ maxLength: LONGEST_NAME }),
    fc.string({ unit: "grapheme", maxLength: 16 }).map((text) => new TextEncoder().encode(text)),
    fc.stringMatching(/^[a-c.]{0,4}$/).map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(fc.array(names, { minLength: 1, maxLength: 20 }), (list) => {
      for (const bytes of [...list, ...list]) expect(read(bytes)).toBe(Buffer.from(bytes).toString());
    }),
    { numRuns: 2000 },
  );
});

test("more names than are kept take each other's places", () => {
  const names = Array.from({ length: 5000 }, (_, n) => `name.${n}`);
  for (let round = 0; round < 2; round++) expect(names.map((name) => read(Buffer.from(name)))).toEqual(names);
});

test("a name within other bytes, and names that objects have already", () => {
  const bytes = Buffer.from("xx__proto__yy");
  expect(knownName(bytes, 2, 11)).toBe("__proto__");
  for (const name of ["constructor", "__proto__", "0", ""]) expect(read(Buffer.from(name))).toBe(name);
});
