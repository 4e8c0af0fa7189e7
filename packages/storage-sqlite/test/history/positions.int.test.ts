import { copyFileSync, renameSync } from "node:fs";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { describe, expect, it } from "vitest";
import { failureOf } from "../support/failure.js";
import { makeEvents } from "../support/raw-rows.js";
import { tempFolder } from "../support/temp-folder.js";

/** Appends events one by one; the position behind each. */
async function followed(storage: StorageBackend, count: number): Promise<string[]> {
  const positions: string[] = [];
  const tail = storage.audit.tail({})[Symbol.asyncIterator]();
  for (let i = 0; i < count; i++) {
    const next = tail.next();
    await storage.audit.append(makeEvents(1));
    positions.push((await next).value?.position as string);
  }
  await tail.return?.(undefined);
  return positions;
}

async function within(path: string, count: number): Promise<string[]> {
  await using storage = await openSqliteStorage({ path });
  return await followed(storage, count);
}

/** How many events follow a position. */
async function behind(path: string, after: string): Promise<number> {
  await using storage = await openSqliteStorage({ path, readOnly: true });
  const controller = new AbortController();
  let count = 0;
  const total = await storage.audit.count({});
  for await (const { event } of storage.audit.tail({}, { after, signal: controller.signal })) {
    count++;
    const { items } = await storage.audit.query({}, { limit: 1 });
    if (items[0]?.eventId === event.eventId || count === total) controller.abort();
  }
  return count;
}

const AHEAD = "is ahead of this store, which was put back to an earlier state since";

async function refusal(path: string, after: string): Promise<string> {
  await using storage = await openSqliteStorage({ path, readOnly: true });
  const { code, message } = await failureOf(() => storage.audit.tail({}, { after })[Symbol.asyncIterator]().next());
  expect(code).toBe("invalid_argument");
  return message;
}

describe("positions of a file that was copied while it was closed", () => {
  it("hold in both up to the copy, and only in their own file after it", async () => {
    const folder = tempFolder();
    const [a, b] = [`${folder}/a.db`, `${folder}/b.db`];
    const shared = await within(a, 3);
    copyFileSync(a, b);
    const [ofA, ofB] = [await within(a, 2), await within(b, 4)];
    expect(await behind(a, shared[1] as string)).toBe(3);
    expect(await behind(b, shared[1] as string)).toBe(5);
    expect(await behind(a, ofA[0] as string)).toBe(1);
    expect(await behind(b, ofB[0] as string)).toBe(3);
    for (const position of ofA) expect(await refusal(b, position)).toContain(AHEAD);
    for (const position of ofB) expect(await refusal(a, position)).toContain(AHEAD);
  });

  it("are refused by a file that was put back over the original and has gone on since", async () => {
    const folder = tempFolder();
    const [a, saved] = [`${folder}/a.db`, `${folder}/saved.db`];
    const before = await within(a, 3);
    copyFileSync(a, saved);
    const lost = await within(a, 2);
    copyFileSync(saved, a);
    expect(await refusal(a, lost[1] as string)).toContain(AHEAD);
    await within(a, 5);
    for (const position of lost) {
      const message = await refusal(a, position);
      expect(message).toContain(AHEAD);
      expect(message).toContain("Events may be missing from what was followed");
      expect(message).toContain("from: <time>");
    }
    expect(await behind(a, before[2] as string)).toBe(5);
  });

  it("hold after a move, and across openings of several processes' worth", async () => {
    const folder = tempFolder();
    const first = await within(`${folder}/a.db`, 2);
    renameSync(`${folder}/a.db`, `${folder}/b.db`);
    for (let i = 0; i < 3; i++) await within(`${folder}/b.db`, i);
    expect(await behind(`${folder}/b.db`, first[1] as string)).toBe(3);
  });

  it("of a store that another one also has open name what both know", async () => {
    const path = `${tempFolder()}/a.db`;
    await using one = await openSqliteStorage({ path });
    const [first] = await followed(one, 1);
    await using other = await openSqliteStorage({ path });
    const [second] = await followed(one, 1);
    const [third] = await followed(other, 1);
    expect(await behind(path, first as string)).toBe(2);
    expect(await behind(path, second as string)).toBe(1);
    await one.audit.append(makeEvents(1));
    expect(await behind(path, third as string)).toBe(1);
  });
});
