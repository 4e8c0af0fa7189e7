import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { patience } from "./patience.js";

/** Only a hang takes so long. Shorter than the 30 s after which a cached policy would be read anew in any case. */
export const PATIENCE_MS = 20_000;

/** Fails the case when there is no answer, instead of blocking it. @param what completes "no answer: ..." */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  const answered = new AbortController();
  const late = sleep(patience(PATIENCE_MS), undefined, { signal: answered.signal }).then(() =>
    assert.fail(`no answer: ${what}`),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    answered.abort();
    late.catch(() => undefined);
  }
}
