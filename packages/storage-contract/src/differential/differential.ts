import assert from "node:assert/strict";
import { isStorageError, type StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";
import type { StorageHarness } from "../harness.js";
import { ANY_TIME } from "../support/fixtures.js";
import type { Command } from "./command.js";
import { anyCommand } from "./commands.js";

/** Options of {@link runDifferential}. */
export interface DifferentialOptions {
  /** Random histories; default 50. */
  readonly runs?: number | undefined;
  /** Repeats a failed run; it is printed with the failure. Default: random. */
  readonly seed?: number | undefined;
  /** Longest history; default 60. */
  readonly commands?: number | undefined;
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

async function compare(
  harness: StorageHarness,
  reference: StorageHarness,
  commands: readonly Command[],
): Promise<void> {
  const backend = await harness.create(ANY_TIME);
  try {
    const model = await reference.create(ANY_TIME);
    try {
      for (const [n, command] of commands.entries()) {
        const actual = await outcomeOf(command, backend);
        const expected = await outcomeOf(command, model);
        assert.deepEqual(
          actual,
          expected,
          `${harness.name} and ${reference.name} differ at call ${n}: ${fc.stringify(command)}
${harness.name}: ${fc.stringify(actual)}
${reference.name}: ${fc.stringify(expected)}`,
        );
      }
      const [stored, wanted] = [await harness.readStoredEvents(backend), await reference.readStoredEvents(model)];
      assert.deepEqual(stored.map(withoutText), wanted.map(withoutText), "the stored events differ");
    } finally {
      await reference.destroy(model);
    }
  } finally {
    await harness.destroy(backend);
  }
}

/** Payloads as values: the order of members in their text carries no meaning. */
function withoutText<T extends { readonly payload: string | null }>(event: T): object {
  return { ...event, payload: event.payload === null ? "absent" : { json: JSON.parse(event.payload) as unknown } };
}

/**
 * Runs random histories of calls on a backend and on a reference and compares every outcome. A difference is shrunk to
 * a short history and thrown with the seed that repeats it.
 */
export async function runDifferential(
  harness: StorageHarness,
  reference: StorageHarness,
  options: DifferentialOptions = {},
): Promise<void> {
  const { runs = 50, commands = 60, seed } = options;
  const histories = fc.array(anyCommand, { minLength: 1, maxLength: commands, size: "max" });
  await fc.assert(
    fc.asyncProperty(histories, (history) => compare(harness, reference, history)),
    { numRuns: runs, includeErrorInReport: true, ...(seed !== undefined && { seed }) },
  );
}
