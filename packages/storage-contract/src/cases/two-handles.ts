import assert from "node:assert/strict";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { CaseContext } from "../contract-case.js";
import type { CreateOptions } from "../harness.js";
import { ANY_TIME, events } from "../support/fixtures.js";
import { assertUnsupported } from "./durability.js";

/** One handle on a store, or two on the same data. */
export type Handles = readonly [StorageBackend, ...StorageBackend[]];

/** Runs a body on two handles on the same data. */
export async function onTwoHandles(
  { harness, storage }: CaseContext,
  body: (handles: readonly [StorageBackend, StorageBackend]) => Promise<void>,
  options: CreateOptions = ANY_TIME,
): Promise<void> {
  const backend = await storage(options);
  assert.ok(harness.second !== undefined, `the harness ${harness.name} must bring second for a shared store`);
  await body([backend, await harness.second(backend, options)]);
}

/** A store that is one process's own says so, and another one does not see its data. */
export async function refusedSecond({ storage }: CaseContext): Promise<void> {
  const backend = await storage(ANY_TIME);
  assertUnsupported(backend, "multiProcess");
  await backend.audit.append(events(1));
  assert.equal(await (await storage(ANY_TIME)).audit.count(), 0);
}
