import { memoryHarness, runDifferential, runMetricDifferential } from "@agent-assembly/storage-contract";
import { sqliteHarness, sqliteHarnessWith } from "@agent-assembly/storage-sqlite/testing";
import { it } from "vitest";

it("answers random calls as the memory reference does", { timeout: 300_000 }, async () => {
  await runDifferential(sqliteHarness, memoryHarness, { runs: 20 });
});

it("answers the same from a thread", { timeout: 300_000 }, async () => {
  await runDifferential(sqliteHarnessWith({ inlineScanBytes: 0 }), memoryHarness, { runs: 20 });
});

it("answers random questions about metrics as the memory reference does", { timeout: 300_000 }, async () => {
  await runMetricDifferential(sqliteHarness, memoryHarness);
});
