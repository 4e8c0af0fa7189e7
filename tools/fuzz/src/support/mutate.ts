import fc from "fast-check";

/** One change of bytes. `at` is a part of the length, so that it fits any file. */
interface Change {
  readonly kind: "flip" | "set" | "cut" | "insert" | "repeat" | "end";
  readonly at: number;
  readonly bytes: Uint8Array;
}

export type Changes = readonly Change[];

/** A few changes of any bytes. */
export const changes: fc.Arbitrary<Changes> = fc.array(
  fc.record({
    kind: fc.constantFrom("flip", "set", "cut", "insert", "repeat", "end"),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc.constantFrom(Uint8Array.of(0xff, 0xff, 0xff, 0xff), Uint8Array.of(0x7f), Uint8Array.of(0, 0, 0, 0)),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Carries out changes, one after the other. */
export function changed(original: Uint8Array, list: Changes): Uint8Array {
  let current = Buffer.from(original);
  for (const { kind, at, bytes } of list) {
    const start = Math.floor(at * current.length);
    const [before, after] = [current.subarray(0, start), current.subarray(start)];
    if (kind === "flip" && start < current.length) current[start] = (current[start] as number) ^ (bytes[0] as number);
    else if (kind === "set") current.set(bytes.subarray(0, current.length - start), start);
    else if (kind === "cut") current = Buffer.concat([before, after.subarray(bytes.length * 4)]);
    else if (kind === "insert") current = Buffer.concat([before, bytes, after]);
    else if (kind === "repeat") current = Buffer.concat([before, after.subarray(0, 64), after]);
    else if (kind === "end") current = Buffer.from(before);
  }
  return current;
}
