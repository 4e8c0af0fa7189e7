import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { approvalCases } from "../../src/state/approvals/index.js";
import { stateMutants } from "../../src/state/mutants.js";
import { policyCacheCases } from "../../src/state/policy-cache/index.js";
import { rateLimitCases } from "../../src/state/rate-limits/cases.js";
import { stateManifestIds } from "../../src/state/run.js";

describe("mutants of hot-path state", () => {
  it.each(stateMutants)(
    "one that $name fails $caseId",
    async ({ run }) => {
      await expect(run()).rejects.toBeInstanceOf(assert.AssertionError);
    },
    300_000,
  );

  it.each(stateMutants)("the sound one passes $caseId, which notices one that $name", async ({ runSound }) => {
    await runSound();
  });

  it("have names of their own", () => {
    expect(new Set(stateMutants.map(({ name }) => name)).size).toBe(stateMutants.length);
  });
});

describe("state-manifest.json", () => {
  it.each([
    ["approvals", approvalCases],
    ["cache", policyCacheCases],
    ["limits", rateLimitCases],
  ] as const)("lists every case of %s, each once, in kebab-case", (port, cases) => {
    const ids = cases.map(({ id }) => id);
    expect(stateManifestIds(port)).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*){1,3}$/);
  });
});
