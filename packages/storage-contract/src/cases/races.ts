import assert from "node:assert/strict";
import { isStorageError, type StorageBackend } from "@agent-assembly/storage-core";
import type { Handles } from "./two-handles.js";

/** Asserts that one call succeeds and every other one is refused as a conflict; returns the winner's answer. */
export async function oneWins<T>(calls: readonly Promise<T>[]): Promise<T> {
  const settled = await Promise.allSettled(calls);
  const won = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  for (const one of settled) {
    if (one.status === "rejected") assert.ok(isStorageError(one.reason, "conflict"), String(one.reason));
  }
  assert.equal(won.length, 1, `${won.length} of ${calls.length} racing calls succeeded`);
  return won[0] as T;
}

/** Repeats of each race: one run can be lucky. */
export const ROUNDS = 10;

/** `count` calls at once, dealt out to the handles. */
export function race<T>(
  handles: Handles,
  count: number,
  call: (handle: StorageBackend, n: number) => Promise<T>,
): Promise<T>[] {
  return Array.from({ length: count }, (_, n) => call(handles[n % handles.length] ?? handles[0], n));
}
