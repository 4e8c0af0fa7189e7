import assert from "node:assert/strict";

/** Doubles are added up in another order by another backend: this part of them may differ. */
const RELATIVE_TOLERANCE = 1e-12;

/**
 * Asserts that two answers are the same, but for the last digits of numbers. Texts and times must be equal, so exact amounts too.
 * @param path of the values compared, for errors
 */
export function assertAlike(actual: unknown, expected: unknown, path = "answer"): void {
  if (typeof actual === "number" && typeof expected === "number") {
    const tolerance = RELATIVE_TOLERANCE * Math.max(Math.abs(actual), Math.abs(expected));
    assert.ok(
      Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance,
      `${path} is ${actual}, not ${expected}`,
    );
  } else if (isComposite(actual) && isComposite(expected)) {
    assert.equal(Array.isArray(actual), Array.isArray(expected), path);
    assert.deepEqual(Object.keys(actual).toSorted(), Object.keys(expected).toSorted(), path);
    for (const [key, value] of Object.entries(expected)) {
      assertAlike((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else {
    assert.deepEqual(actual, expected, path);
  }
}

function isComposite(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}
