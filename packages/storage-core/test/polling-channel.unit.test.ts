import { expect, onTestFinished, test } from "vitest";
import { StorageError } from "../src/errors.js";
import { openMemoryStorage } from "../src/memory/index.js";
import type { InvalidationEvent } from "../src/state/policy-cache/channel.js";
import { PollingInvalidationChannel } from "../src/state/policy-cache/polling-channel.js";
import type { StateSupport } from "../src/state/support.js";
import { observable, readOnly, retrying } from "../src/wrappers/index.js";

/** A channel over a store whose answers a test makes up. */
function channelOver() {
  const store: { looks: number; answer: () => string[] } = { looks: 0, answer: () => [] };
  const closing = new AbortController();
  onTestFinished(() => closing.abort());
  const channel = new PollingInvalidationChannel({
    name: "test",
    everyMs: 5,
    closing: closing.signal,
    look: async () => {
      store.looks++;
      return store.answer();
    },
  });
  const events: InvalidationEvent[] = [];
  return { store, closing, channel, events, listen: () => channel.subscribe((event) => events.push(event)) };
}

test("polls only while there is a subscriber", async () => {
  const { store, channel, events, listen } = channelOver();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(store.looks).toBe(0);
  const [end, endOther] = [listen(), channel.subscribe(() => undefined)];
  await expect.poll(() => events.map(({ type }) => type)).toEqual(["interrupted", "resumed"]);
  end();
  const before = store.looks;
  await expect.poll(() => store.looks).toBeGreaterThan(before);
  endOther();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const after = store.looks;
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(store.looks).toBe(after);
  listen();
  await expect.poll(() => events.map(({ type }) => type).slice(2)).toEqual(["interrupted", "resumed"]);
});

test("what cannot be looked up is an interruption, and the next look that works ends it", async () => {
  const { store, events, listen } = channelOver();
  listen();
  await expect.poll(() => events.at(-1)?.type).toBe("resumed");
  store.answer = () => {
    throw new StorageError({ code: "unavailable", message: "the disk is gone" });
  };
  await expect
    .poll(() => events.at(-1))
    .toEqual({ type: "interrupted", reason: "test cannot be asked for changes: the disk is gone" });
  const changes = ["p"];
  store.answer = () => changes.splice(0);
  await expect.poll(() => events.slice(-2)).toEqual([{ type: "resumed" }, { type: "invalidated", name: "p" }]);
});

test("a closed store is asked no more, and says nothing of it", async () => {
  const { store, closing, events, listen } = channelOver();
  listen();
  await expect.poll(() => events.at(-1)?.type).toBe("resumed");
  closing.abort();
  const before = store.looks;
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(store.looks - before).toBeLessThanOrEqual(1);
  expect(events.at(-1)?.type).toBe("resumed");
});

test("wrappers pass on what a store does for state; a read-only one has nothing of it", () => {
  const stateSupport = {} as StateSupport;
  const backend = { ...openMemoryStorage(), stateSupport };
  expect(retrying(observable(backend)).stateSupport).toBe(stateSupport);
  expect("stateSupport" in readOnly(backend)).toBe(false);
  expect(readOnly(backend).name).toBe("memory");
});
