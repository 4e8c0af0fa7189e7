import type { StorageBackend } from "@agent-assembly/storage-core";
import { OPERATIONS } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCommand } from "../src/differential/commands.js";
import { memoryHarness, runDifferential, type StorageHarness } from "../src/index.js";
import { erasureMutants } from "../src/mutants/erasure.js";
import { partitionMutants } from "../src/mutants/partitions.js";

describe("runDifferential", () => {
  it("finds no difference between a backend and itself", async () => {
    await runDifferential(memoryHarness, memoryHarness, { runs: 10 });
  });

  it("finds a backend that answers otherwise, and prints the seed and the call", async () => {
    let inner: StorageBackend;
    const wrong: StorageHarness = {
      ...memoryHarness,
      name: "wrong",
      async create(options) {
        inner = openMemoryStorage(options);
        const { audit } = inner;
        return { ...inner, audit: { ...audit, count: async (filter) => (await audit.count(filter)) + 1 } };
      },
      readStoredEvents: () => memoryHarness.readStoredEvents(inner),
    };
    const failure = runDifferential(wrong, memoryHarness, { runs: 50, seed: 7 });
    await expect(failure).rejects.toThrow(/seed: 7[\s\S]*audit\.count\(/);
  });

  it("finds defects of partitions, holds and retention", async () => {
    const found = ["leaves the last event of a partition out", "replaces a recorded run", "always grants a lease"];
    for (const { name, harness } of partitionMutants.filter((one) => found.includes(one.name))) {
      const failure = runDifferential(harness(memoryHarness), memoryHarness, { runs: 500, seed: 8 });
      await expect(failure, name).rejects.toThrow(/(partitions|holds|retentionSupport)\./);
    }
  });

  it("finds defects of erasing", async () => {
    const found = [
      "keeps the trace of an erased event",
      "erases when it plans",
      "plans as if there were no holds",
      "does not say what was erased",
    ];
    for (const { name, harness } of erasureMutants.filter((one) => found.includes(one.name))) {
      const failure = runDifferential(harness(memoryHarness), memoryHarness, { runs: 500, seed: 7 });
      await expect(failure, name).rejects.toThrow(/seed: 7[\s\S]*(differ at call \d+|the stored events differ)/);
    }
  });

  it("calls every operation, save those whose answers are a backend's own", () => {
    const drawn = new Set(fc.sample(anyCommand, { numRuns: 5000, seed: 7 }).map(({ name }) => name));
    // Positions of sealing and numbers of rows are a backend's own, and secrets of tokens are, too.
    const others = Object.keys(OPERATIONS).filter((name) => !/^(apiTokens|evidenceSupport)\./.test(name));
    expect(others.filter((name) => !drawn.has(name))).toEqual(["audit.explain", "health"]);
  });
});
