import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 5000;

/** Fails the case when there is no answer, instead of blocking it. @param what completes "no answer: ..." */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  const patience = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).then(() => assert.fail(`no answer: ${what}`));
  try {
    return await Promise.race([promise, late]);
  } finally {
    patience.abort();
    late.catch(() => undefined);
  }
}
