import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { anySignal } from "../../src/support/abort.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("a time that nothing else holds still ends what waits for it", async () => {
  const other = new AbortController();
  const combined = (): AbortSignal => anySignal([AbortSignal.timeout(300), other.signal]);
  const [watched, asked] = [combined(), combined()];
  const aborted = once(watched, "abort");
  while (!asked.aborted) {
    await sleep(20);
    collect();
  }
  await aborted;
  expect((asked.reason as Error).name).toBe("TimeoutError");
});

test("the reason is that of the first, also of one that is aborted already", () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const signal = anySignal([one.signal, two.signal]);
  two.abort("two");
  one.abort("one");
  expect(signal.reason).toBe("two");
  expect(anySignal([one.signal]).reason).toBe("one");
  expect(anySignal([]).aborted).toBe(false);
});
