import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { CachedPolicy, PolicyCache } from "@agent-assembly/storage-core/state";
import { soon } from "../../support/soon.js";
import type { StateCase, StateContext } from "../case.js";
import type { PolicyCacheHarness, PolicyCacheHarnessOptions } from "../harness.js";

export type PolicyCacheContext = StateContext<PolicyCacheHarness, PolicyCache, PolicyCacheHarnessOptions>;
export type PolicyCacheCase = StateCase<PolicyCacheContext>;

/** Short enough to wait for; nothing depends on what is done before it is over. */
export const TTL_MS = 500;
/** Is over in no test. */
export const LONG_TTL_MS = 600_000;

/** The version a cache answers with, `undefined` without one. */
export async function versionOf(cache: PolicyCache, name = "policy"): Promise<number | undefined> {
  return (await cache.active(name)).policy?.version;
}

/** Waits until a cache answers with this version, much longer than a message takes and much shorter than 30 s. */
export async function eventually(cache: PolicyCache, version: number | undefined, name = "policy"): Promise<void> {
  let over = false;
  const look = async (): Promise<void> => {
    while (!over && (await versionOf(cache, name)) !== version) await sleep(5);
  };
  try {
    await soon(look(), `version ${version} in another cache`);
  } finally {
    over = true;
  }
}

/** Waits until a cache says that it is well: it hears of changes a moment after it could answer from the store. */
export async function eventuallyWell(cache: PolicyCache): Promise<void> {
  let over = false;
  const look = async (): Promise<void> => {
    while (!over && (await cache.health()).status !== "ok") await sleep(5);
  };
  try {
    await soon(look(), "a cache that is well");
  } finally {
    over = true;
  }
}

/** Asserts that an answer came from a cache and not from the store. */
export function assertCached({ source, ageMs }: CachedPolicy): void {
  assert.notEqual(source, "store");
  assert.ok(ageMs >= 0, `${ageMs} ms`);
}
