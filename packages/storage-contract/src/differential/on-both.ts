import type { StorageBackend } from "@agent-assembly/storage-core";
import type { StorageHarness } from "../harness.js";
import { ANY_TIME } from "../support/fixtures.js";

/** Runs a body on an empty store of each of two harnesses, and destroys them. */
export async function onBoth(
  harness: StorageHarness,
  reference: StorageHarness,
  body: (backend: StorageBackend, model: StorageBackend) => Promise<void>,
): Promise<void> {
  const backend = await harness.create(ANY_TIME);
  try {
    const model = await reference.create(ANY_TIME);
    try {
      await body(backend, model);
    } finally {
      await reference.destroy(model);
    }
  } finally {
    await harness.destroy(backend);
  }
}
