import assert from "node:assert/strict";
import { isStorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

/**
 * Asserts that a call is refused with a StorageError of this code.
 * @param expected what its text must match, and the path of the argument that it must name
 */
export async function rejects(
  call: Promise<unknown> | (() => unknown),
  code: StorageErrorCode,
  expected: RegExp | { readonly message?: RegExp; readonly option?: string } = {},
): Promise<void> {
  let answer: unknown;
  try {
    answer = await (typeof call === "function" ? call() : call);
  } catch (error) {
    assert.ok(isStorageError(error), `expected a StorageError, got ${String(error)}`);
    assert.equal(error.code, code, error.message);
    const { message, option } = expected instanceof RegExp ? { message: expected, option: undefined } : expected;
    if (message !== undefined) assert.match(error.message, message);
    if (option !== undefined) assert.equal(error.option, option, error.message);
    return;
  }
  assert.fail(`expected ${code}, but the call succeeded with ${String(JSON.stringify(answer)).slice(0, 1000)}`);
}

/** All items of an iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
