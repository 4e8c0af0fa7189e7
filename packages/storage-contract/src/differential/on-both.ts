import type { StorageBackend } from "@agent-assembly/storage-core";
import type { StorageHarness } from "../harness.js";
import { UNRECORDED } from "../support/fixtures.js";

/** Runs a body on an empty store of each of two harnesses, and destroys them. */
export async function onBoth(
  harness: StorageHarness,
  reference: StorageHarness,
  body: (backend: StorageBackend, model: StorageBackend) => Promise<void>,
): Promise<void> {
  const backend = await harness.create(UNRECORDED);
  try {
    const model = await reference.create(UNRECORDED);
    try {
      await body(backend, model);
    } finally {
      await reference.destroy(model);
    }
  } finally {
    await harness.destroy(backend);
  }
}
