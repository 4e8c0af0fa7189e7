import assert from "node:assert/strict";
import { isStorageError, type StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { assertAlike } from "./alike.js";
import type { Command } from "./command.js";

/** A backend under comparison, and its name in errors. */
export interface Side {
  readonly backend: StorageBackend;
  readonly name: string;
}

type Outcome = { readonly answer: unknown } | { readonly code: string; readonly message: string };

/** What a caller can tell of one call: the answer, or code and message of the refusal. */
async function outcomeOf(command: Command, backend: StorageBackend): Promise<Outcome> {
  try {
    return { answer: await command.run(backend) };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}

/**
 * Asserts that a call has the same outcome on both sides; numbers of metrics but for their last digits.
 * @param n position of the call among others, for the error
 */
export async function compareCall(command: Command, subject: Side, reference: Side, n?: number): Promise<void> {
  const actual = await outcomeOf(command, subject.backend);
  const expected = await outcomeOf(command, reference.backend);
  try {
    if (command.name.startsWith("metrics.")) assertAlike(actual, expected);
    else assert.deepEqual(actual, expected);
  } catch (cause) {
    const message = `${subject.name} and ${reference.name} differ at call${n === undefined ? "" : ` ${n}`}: ${fc.stringify(command)}
${subject.name}: ${fc.stringify(actual)}
${reference.name}: ${fc.stringify(expected)}
${(cause as Error).message}`;
    throw new assert.AssertionError({ message, actual, expected, operator: "deepStrictEqual" });
  }
}
