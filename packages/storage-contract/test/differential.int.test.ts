import type { StorageBackend } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, it } from "vitest";
import { memoryHarness, runDifferential, type StorageHarness } from "../src/index.js";

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
});
