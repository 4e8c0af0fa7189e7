import { memoryHarness, runDifferential } from "@agent-assembly/storage-contract";
import { sqliteHarness } from "@agent-assembly/storage-sqlite/testing";
import { it } from "vitest";

it("answers random calls as the memory reference does", { timeout: 120_000 }, async () => {
  await runDifferential(sqliteHarness, memoryHarness, { runs: 40 });
});
