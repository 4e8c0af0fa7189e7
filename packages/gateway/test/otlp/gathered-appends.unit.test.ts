import { setImmediate } from "node:timers/promises";
import { type AppendResult, type NewAuditEvent, StorageError } from "@agent-assembly/storage-core";
import { expect, it } from "vitest";
import { GatheredAppends } from "../../src/otlp/gathered-appends.js";

function events(count: number, agentId = "a"): NewAuditEvent[] {
  return Array.from({ length: count }, () => ({ ts: new Date(), agentId, action: "tool_call", decision: "allow" }));
}

const code = "conflict" as const;

/** A store that rejects the events of some agents, and fails where one is of another. */
function storeThat({ rejects = "", fails = "" }: { readonly rejects?: string; readonly fails?: string }) {
  const calls: number[] = [];
  const append = async (given: readonly NewAuditEvent[]): Promise<AppendResult> => {
    calls.push(given.length);
    await setImmediate();
    if (given.some(({ agentId }) => agentId === fails)) {
      throw new StorageError({ code: "unavailable", message: "the disk is full" });
    }
    const rejected = given.flatMap(({ agentId }, index) =>
      agentId === rejects ? [{ index, code, reason: "is stored with other content" }] : [],
    );
    return { inserted: given.length - rejected.length, duplicates: 0, rejected };
  };
  return { calls, append };
}

it("stores what is appended in one turn, or while others are read, by one call", async () => {
  const { calls, append } = storeThat({});
  let reading = false;
  const appends = new GatheredAppends(append, () => reading);
  await Promise.all([appends.append(events(2)), appends.append(events(3))]);
  expect(calls).toEqual([5]);

  reading = true;
  const first = appends.append(events(1));
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  expect(calls).toEqual([5]);
  const second = appends.append(events(4));
  reading = false;
  await Promise.all([first, second]);
  expect(calls).toEqual([5, 5]);
});

it("waits neither for ever nor for more than a store commits at once", async () => {
  const { calls, append } = storeThat({});
  const appends = new GatheredAppends(append, () => true);
  await appends.append(events(1));
  await Promise.all([appends.append(events(3000)), appends.append(events(2000)), appends.append(events(5000))]);
  expect(calls).toEqual([1, 3000, 2000, 5000]);
});

it("tells each caller which of its own events were not stored", async () => {
  const { append } = storeThat({ rejects: "known" });
  const appends = new GatheredAppends(append, () => false);
  const answers = await Promise.all([
    appends.append([...events(2), ...events(1, "known")]),
    appends.append(events(2)),
    appends.append([...events(1, "known"), ...events(1)]),
  ]);
  expect(answers.map((rejected) => rejected.map(({ index }) => index))).toEqual([[2], [], [0]]);
});

it("a request that cannot be stored fails alone", async () => {
  const { calls, append } = storeThat({ fails: "large" });
  const appends = new GatheredAppends(append, () => false);
  const outcomes = await Promise.allSettled([
    appends.append(events(2)),
    appends.append(events(1, "large")),
    appends.append(events(3)),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(calls).toEqual([6, 2, 1, 3]);
});
