import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openStorage } from "@agent-assembly/storage";
import { runStorageContract } from "@agent-assembly/storage-contract";
import * as ours from "@agent-assembly/storage-core";
import { errorInit, guardBackend, withContext } from "@agent-assembly/storage-core/backend";
import { observable, retrying } from "@agent-assembly/storage-core/wrappers";
import { afterAll, describe, expect, it } from "vitest";

// Package managers install a second copy of storage-core where two packages ask for versions that do not agree.
const installed = fileURLToPath(new URL("../../../../packages/storage-core", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "second-core-"));
for (const part of ["dist", "package.json"]) cpSync(join(installed, part), join(copy, part), { recursive: true });
symlinkSync(realpathSync(join(installed, "node_modules")), join(copy, "node_modules"), "junction");
afterAll(() => rmSync(copy, { recursive: true }));

async function fromCopy<T>(file: string): Promise<T> {
  return import(pathToFileURL(join(copy, "dist", file)).href) as Promise<T>;
}
const theirs = await fromCopy<typeof ours>("index.js");
const { openMemoryStorage, storedEventsOf, backendModule } =
  await fromCopy<typeof import("@agent-assembly/storage-core/memory")>("memory/index.js");

/** A backend over the second copy, as the guard of the first has it. */
const harness: import("@agent-assembly/storage-contract").StorageHarness = {
  name: "memory of a second storage-core",
  create: async (options) => {
    const inner = openMemoryStorage(options);
    const guarded = guardBackend(inner);
    origins.set(guarded, inner);
    return guarded;
  },
  destroy: (backend) => backend.close(),
  readStoredEvents: async (backend) => storedEventsOf(origins.get(backend) as ours.StorageBackend),
};
const origins = new WeakMap<ours.StorageBackend, ours.StorageBackend>();

describe("with two copies of storage-core in one process", () => {
  it("an error of either is recognised by both", () => {
    const error = new theirs.StorageError({ code: "conflict", message: "{option} is taken", option: "id" });
    expect(error).not.toBeInstanceOf(ours.StorageError);
    expect(ours.isStorageError(error, "conflict")).toBe(true);
    expect(theirs.isStorageError(new ours.StorageError({ code: "busy", message: "x" }), "busy")).toBe(true);
    const renamed = new ours.StorageError({ ...errorInit(error), option: "--id" });
    expect(renamed.message).toBe("--id is taken");
    const placed = withContext(error, { operation: "agents.register", backend: "acme" });
    expect(placed).toMatchObject({ code: "conflict", message: "id is taken", operation: "agents.register" });
  });

  it("openStorage opens a backend of the other, with instrumentation and retries", async () => {
    const storage = await openStorage({ backend: backendModule }, { instrumentation: true, retry: true });
    try {
      await expect(storage.agents.get("")).rejects.toSatisfy((error) => ours.isStorageError(error, "invalid_argument"));
      await expect(storage.policyCache.active("none")).resolves.toMatchObject({ policy: undefined });
      await storage.approvals.submit({ agentId: "a", action: "tool_call", request: {} });
    } finally {
      await storage.close();
    }
    await expect(storage.agents.get("a")).rejects.toSatisfy((error) => ours.isStorageError(error, "closed"));
  });

  it("the wrappers of one take the backend of the other", async () => {
    const storage = openMemoryStorage();
    const wrapped = observable(retrying(storage));
    await expect(wrapped.agents.get("")).rejects.toSatisfy((error) => theirs.isStorageError(error));
    const controller = new AbortController();
    const reading = wrapped.audit.tail({}, { signal: controller.signal })[Symbol.asyncIterator]().next();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(reading.then(({ done }) => done)).resolves.toBe(true);
    await wrapped.close();
  });
});

runStorageContract(harness, { describe, it });
