import { describe, expect, it } from "vitest";
import { memoryHarness, runMetricDifferential } from "../src/index.js";
import { metricMutants } from "../src/mutants/metrics.js";

describe("runMetricDifferential", () => {
  it("finds no difference between a backend and itself", async () => {
    await runMetricDifferential(memoryHarness, memoryHarness, { queries: 300 });
  });

  it.each(metricMutants.filter(({ found }) => found))(
    "finds a backend that $name, and prints the seed",
    async ({ harness }) => {
      const failure = runMetricDifferential(harness(memoryHarness), memoryHarness, { seed: 7 });
      await expect(failure).rejects.toThrow(/seed: 7[\s\S]*metrics\./);
    },
  );
});
