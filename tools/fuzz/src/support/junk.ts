import fc from "fast-check";

/** Texts that programs stumble over. */
const ODD_TEXTS = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "\u202e",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "NaN",
  "-1",
  "1e999",
  "%",
  "_",
  "'; --",
  '"',
  "\\",
  "/a~2",
  "\u{1f600}",
  "x".repeat(513),
  "x".repeat(5000),
];
const ODD_NUMBERS = [
  0,
  -0,
  -1,
  0.5,
  1e300,
  -1e300,
  2 ** 31,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const ODD_DATES = [0, -1, 8.64e15, -8.64e15, 253_402_300_800_000, -62_135_596_800_001, Number.NaN].map(
  (ms) => new Date(ms),
);

export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: "binary", maxLength: 20 }),
);
export const oddNumber: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(...ODD_NUMBERS), fc.double(), fc.integer());
const oddDate = fc.oneof(fc.constantFrom(...ODD_DATES), fc.date({ noInvalidDate: false }));

/** Anything that a JavaScript program can pass: mostly of the types that occur, but not their values. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  oddDate,
  fc.boolean(),
  fc.constantFrom(null, undefined, [], {}, () => 1, Symbol("s"), 1n, new Map(), /x/, new Uint8Array(3)),
  fc.array(fc.oneof(oddText, oddNumber), { maxLength: 5 }),
  fc.anything({ maxDepth: 3, withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true }),
);

/** Mostly what belongs there, else anything. */
export function mostly<T>(valid: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: valid }, { weight: 1, arbitrary: junk });
}

/** An object with some of these members, each of them {@link mostly} what belongs there, and perhaps one more. */
export function shaped(members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  const likely = Object.fromEntries(Object.entries(members).map(([name, valid]) => [name, mostly(valid)]));
  const more = fc.dictionary(oddText, junk, { maxKeys: 1 });
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(likely, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.tuple(fc.record(likely, { requiredKeys: [] }), more).map(([a, b]) => ({ ...a, ...b })) },
    { weight: 1, arbitrary: junk },
  );
}
