import { readFileSync } from "node:fs";
import type { TestRunner } from "../run-contract.js";
import { approvalCases } from "./approvals/index.js";
import { runStateCase, type StateCase, type StateContext } from "./case.js";
import type { ApprovalHarness, PolicyCacheHarness, RateLimitHarness, StateHarness } from "./harness.js";
import { policyCacheCases } from "./policy-cache/index.js";
import { rateLimitCases } from "./rate-limits/cases.js";

/** A case that does not apply, and why. */
export interface StateExclusion {
  readonly id: string;
  readonly reason: string;
}

/** The test runner, and the cases that do not apply. */
export interface StateContractOptions extends TestRunner {
  /** Cases that do not apply, each with a reason. */
  readonly exclusions?: readonly StateExclusion[];
}

/** Registers the suite of `ApprovalQueue` for one implementation. */
export function runApprovalContract(harness: ApprovalHarness, options: StateContractOptions): void {
  register("approvals", harness, approvalCases, options);
}

/** Registers the suite of `PolicyCache` for one implementation. */
export function runPolicyCacheContract(harness: PolicyCacheHarness, options: StateContractOptions): void {
  register("cache", harness, policyCacheCases, options);
}

/** Registers the suite of `RateLimiter` for one implementation. */
export function runRateLimiterContract(harness: RateLimitHarness, options: StateContractOptions): void {
  register("limits", harness, rateLimitCases, options);
}

/** The committed list of case ids: a case that disappears from the code is missed by it. */
export function stateManifestIds(port: string): readonly string[] {
  const file = new URL("../../state-manifest.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as string[]).filter((id) => id.startsWith(`${port}.`));
}

function register<H extends StateHarness<Port, Options>, Port, Options extends object>(
  port: string,
  harness: H,
  cases: readonly StateCase<StateContext<H, Port, Options>>[],
  { describe, it, afterAll, exclusions = [] }: StateContractOptions,
): void {
  const excluded = new Set(exclusions.map(({ id }) => id));
  // Counted when they run: a runner may skip what was registered.
  const executed = new Set<string>();
  describe(`contract: ${port} on ${harness.name}`, () => {
    if (harness.close !== undefined) afterAll?.(() => harness.close?.() ?? Promise.resolve());
    for (const testCase of cases.filter(({ id }) => !excluded.has(id))) {
      it(`${testCase.id}: ${testCase.title}`, async () => {
        executed.add(testCase.id);
        await runStateCase(harness, testCase);
      });
    }
    it("runs every case of the manifest", () => {
      const missing = stateManifestIds(port).filter((id) => !executed.has(id) && !excluded.has(id));
      if (missing.length > 0) throw new Error(`cases that did not run: ${missing.join(", ")}`);
      const unexplained = exclusions.filter(({ reason }) => reason.trim() === "");
      if (unexplained.length > 0) {
        throw new Error(`exclusions without a reason: ${unexplained.map(({ id }) => id).join(", ")}`);
      }
    });
  });
}
