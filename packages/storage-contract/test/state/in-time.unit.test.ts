import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inTime } from "../../src/state/in-time.js";

/** More than a body may take in the first moment. */
const SLOW_MS = 300;

describe("what must be done within a moment", () => {
  it("counts when it was, pass or fail, however long it waited for time to pass", async () => {
    const moments: number[] = [];
    await inTime(sleep as (ms: number) => Promise<void>, async ({ ms, advance }) => {
      moments.push(ms);
      await advance(ms);
    });
    const failing = inTime(sleep as (ms: number) => Promise<void>, () => Promise.reject(new Error("not so")));
    await expect(failing).rejects.toThrow("not so");
    expect(moments.at(-1)).toBe(500 * 2 ** (moments.length - 1));
  });

  it.each([
    ["passed", () => Promise.resolve()],
    ["failed", () => Promise.reject(new Error("too late"))],
  ])("counts for nothing when the machine was too slow, although it %s: there is a longer one", async (_how, end) => {
    const attempts: number[] = [];
    await inTime(sleep as (ms: number) => Promise<void>, async ({ attempt, ms }) => {
      attempts.push(attempt);
      if (attempt > 0) return expect(ms).toBe(500 * 2 ** attempt);
      await sleep(SLOW_MS);
      await end();
    });
    expect(attempts.slice(0, 2)).toEqual([0, 1]);
  });

  it("is an error when the machine is too slow for every moment", async () => {
    // Time that runs backwards makes each attempt look too long at once.
    const never = inTime(
      () => Promise.resolve(),
      ({ advance }) => advance(-60_000),
    );
    await expect(never).rejects.toThrow(/too slow for a moment of 8000 ms/);
  });
});
