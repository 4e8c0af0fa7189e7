import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { CONTRACT_CASES } from "../src/cases/index.js";
import type { ContractCase } from "../src/contract-case.js";
import { manifestIds, missingCases } from "../src/manifest.js";
import { memoryHarness } from "../src/memory-harness.js";
import { mutants } from "../src/mutants/index.js";
import { runCase } from "../src/run-case.js";
import { withPatience } from "../src/support/patience.js";

function caseOf(id: string): ContractCase {
  const found = CONTRACT_CASES.find((testCase) => testCase.id === id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found;
}

describe("mutants", () => {
  it.each(mutants)("a backend that $name fails $caseId", async ({ caseId, harness }) => {
    // The sound backend answers within milliseconds.
    const run = withPatience(1000, () => runCase(harness(memoryHarness), caseOf(caseId)));
    await expect(run).rejects.toBeInstanceOf(assert.AssertionError);
  });

  it.each(mutants)("the sound backend passes $caseId, which notices one that $name", async ({ caseId }) => {
    await expect(runCase(memoryHarness, caseOf(caseId))).resolves.toBe("behaviour");
  });

  it("have names of their own", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});

describe("the manifest", () => {
  it("misses a case that was removed from the run", () => {
    const ran = manifestIds();
    const removed = ran[Math.floor(ran.length / 2)] as string;
    const without = ran.filter((id) => id !== removed);
    expect(missingCases(ran, [])).toEqual([]);
    expect(missingCases(without, [])).toEqual([removed]);
    expect(missingCases(without, [{ id: removed as never }])).toEqual([]);
  });
});
