import {
  memoryHarness,
  runDifferential,
  runMetricDifferential,
  runStorageContract,
} from "@agent-assembly/storage-contract";
import { describe, it } from "vitest";
import { jsonlHarness } from "./support/harness.js";

runStorageContract(jsonlHarness, { describe, it });

it("answers random calls as the memory reference does", { timeout: 120_000 }, async () => {
  await runDifferential(jsonlHarness, memoryHarness, { runs: 20 });
});

it("answers random questions about metrics as the memory reference does", { timeout: 120_000 }, async () => {
  await runMetricDifferential(jsonlHarness, memoryHarness, { queries: 500 });
});
