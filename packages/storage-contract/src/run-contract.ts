import { CONTRACT_CASES } from "./cases/index.js";
import type { ContractCase } from "./contract-case.js";
import type { Exclusion } from "./exclusion.js";
import type { StorageHarness } from "./harness.js";
import { missingCases } from "./manifest.js";
import { runCase } from "./run-case.js";

/**
 * The parts of a test runner the suite needs; vitest, node:test, mocha and jest have them. `it` must start tests in the
 * order they were registered: the last one looks back at which cases ran.
 */
export interface TestRunner {
  describe(title: string, body: () => void): void;
  it(title: string, body: () => Promise<void> | void): void;
  /** Needed for a harness with `close`; without it call that yourself. */
  afterAll?(body: () => Promise<void>): void;
}

/** Options of {@link runStorageContract}. */
export interface ContractOptions extends TestRunner {
  readonly exclusions?: readonly Exclusion[];
  /** Default: all. Leaving cases out fails the run, unless they are excluded with a reason. */
  readonly cases?: readonly ContractCase[];
}

/**
 * Registers the whole suite for one backend. The title is what the test report counts profiles by. The last test fails
 * when a case of the manifest was not executed, also when the runner skipped it or holds it for a todo.
 * @example
 * ```ts
 * import { describe, it } from "node:test";
 * import { memoryHarness, runStorageContract } from "@agent-assembly/storage-contract";
 *
 * runStorageContract(memoryHarness, { describe, it });
 * ```
 */
export function runStorageContract(harness: StorageHarness, options: ContractOptions): void {
  const { describe, it, afterAll, exclusions = [], cases = CONTRACT_CASES } = options;
  const excluded = new Set<string>(exclusions.map(({ id }) => id));
  const running = cases.filter(({ id }) => !excluded.has(id));
  // Counted when they run: a runner may skip what was registered.
  const executed = new Set<string>();
  describe(`contract: ${harness.name}`, () => {
    if (harness.close !== undefined) afterAll?.(() => harness.close?.() ?? Promise.resolve());
    for (const testCase of running) {
      it(`${testCase.id}: ${testCase.title}`, async () => {
        executed.add(testCase.id);
        await runCase(harness, testCase);
      });
    }
    it("runs every case of the manifest", () => {
      const missing = missingCases([...executed], exclusions);
      if (missing.length > 0) throw new Error(`cases that did not run: ${missing.join(", ")}`);
      const unexplained = exclusions.filter(({ reason }) => reason.trim() === "");
      if (unexplained.length > 0)
        throw new Error(`exclusions without a reason: ${unexplained.map(({ id }) => id).join(", ")}`);
    });
  });
}
