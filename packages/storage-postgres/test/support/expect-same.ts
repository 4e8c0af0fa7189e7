import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

/** As `toEqual`, which is only asked for what differs: it takes seconds for 100,000 equal things. */
export function expectSame(actual: unknown, expected: unknown, message?: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, message).toEqual(expected);
}
