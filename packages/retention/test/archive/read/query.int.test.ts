import type { AuditEvent, AuditFilter, AuditOrder } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, it } from "vitest";
import type { Archive } from "../../../src/index.js";
import { archive, collect, DAY, DAY_MS, eventNumber, eventNumbers, ONE_DAY } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { openFolder } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";
import { watchedArchive } from "../support/watched-archive.js";

const WEEK = { id: "week", from: new Date(DAY), to: new Date(DAY + 7 * DAY_MS) };

const FILTERS: readonly AuditFilter[] = [
  {},
  { from: new Date(DAY + 100_000), to: new Date(DAY + 200_000) },
  { from: new Date(DAY + 86_400_000) },
  { to: new Date(DAY + 1) },
  { agentId: "agent-1" },
  { agentId: ["agent-0", "agent-2"], decision: "deny" },
  { agentId: [] },
  { teamId: "blue" },
  { eventId: "00000000-0000-4000-8000-000000000007" },
  { tool: ["tool-3", "nothing"] },
  { dryRun: true, action: "message" },
  { payload: { "/n": 42 } },
  { payload: { "/n": 42 }, agentId: "agent-1" },
  { payload: { "/deep/0": null } },
  { sessionId: "\u{1f600}" },
];

/** Three archives that overlap in time, the third with events of the first two again. */
async function overlapping(opened: Archive): Promise<readonly AuditEvent[]> {
  const all = [
    ...eventNumbers(300),
    eventNumber(300, { teamId: "blue", sessionId: "\u{1f600}" }),
    eventNumber(301, { payload: { deep: [null] } }),
    ...eventNumbers(100, 86_400),
  ];
  const isEven = ({ eventId }: AuditEvent): boolean => Number.parseInt(eventId.slice(-1), 16) % 2 === 0;
  await archive(opened, "even", all.filter(isEven), WEEK);
  await archive(
    opened,
    "odd",
    all.filter((event) => !isEven(event)),
    WEEK,
  );
  await archive(opened, "again", all.slice(50, 200), WEEK);
  return all;
}

describe("events", () => {
  it("are the ones, in the order, that a store gives for the same filter", async () => {
    const opened = await openFolder(tempFolder());
    const all = await overlapping(opened);
    await using storage = await openMemoryStorage();
    await storage.partitions.restore(all);
    for (const filter of FILTERS) {
      for (const order of ["oldest", "newest"] as AuditOrder[]) {
        const expected = await collect(storage.audit.stream(filter, { order }));
        expect(await collect(opened.events(filter, { order })), JSON.stringify({ filter, order })).toEqual(expected);
      }
    }
    expect(await collect(opened.events())).toHaveLength(all.length);
  });

  it("come from no file and no row group that cannot hold one", async () => {
    const { opened, reads } = await watchedArchive(tempFolder(), { groupRows: 500 });
    for (let day = 0; day < 5; day++) {
      const from = new Date(DAY + day * DAY_MS);
      const partition = { id: `${day}`, from, to: new Date(from.getTime() + DAY_MS) };
      const events = eventNumbers(1500, day * 86_400).map((event) => ({ ...event, agentId: `agent-of-day-${day}` }));
      await archive(opened, `day-${day}`, events, partition);
    }
    const asked = async (filter: AuditFilter): Promise<{ files: number; reads: number; found: number }> => {
      reads.length = 0;
      const found = (await collect(opened.events(filter))).length;
      return { files: new Set(reads).size, reads: reads.length, found };
    };
    // The end of each file, then the keys and the payloads of each of its three row groups.
    expect(await asked({})).toEqual({ files: 5, reads: 5 * (1 + 3 * 2), found: 7500 });
    const at = (seconds: number): Date => new Date(DAY + 2 * DAY_MS + seconds * 1000);
    expect(await asked({ from: at(600), to: at(660) })).toEqual({ files: 1, reads: 1 + 2, found: 60 });
    const otherDay = { from: at(0), to: at(DAY_MS / 1000), agentId: "agent-of-day-1" };
    expect(await asked(otherDay)).toEqual({ files: 1, reads: 1, found: 0 });
    expect(await asked({ from: new Date(DAY - 5), to: new Date(DAY) })).toEqual({ files: 0, reads: 0, found: 0 });
    // No decision of this name: the payloads stay unread, though the name lies between others.
    expect(await asked({ from: at(0), to: at(2000), decision: "block" })).toEqual({ files: 1, reads: 1 + 3, found: 0 });
  });

  it("stop when the signal aborts, with its reason", async () => {
    const opened = await openFolder(tempFolder());
    await archive(opened, "a", eventNumbers(100), ONE_DAY);
    const abort = new AbortController();
    const reason = new Error("enough");
    const seen: AuditEvent[] = [];
    const work = async (): Promise<void> => {
      for await (const event of opened.events({}, { signal: abort.signal })) {
        if (seen.push(event) === 10) abort.abort(reason);
      }
    };
    await expect(work()).rejects.toBe(reason);
    expect(seen).toHaveLength(10);
  });

  it("refuse what a store refuses", async () => {
    const opened = await openFolder(tempFolder());
    expect((await failureOf(() => opened.events({ agent: "x" } as AuditFilter))).message).toContain('"agent"');
    const order = "random" as AuditOrder;
    expect((await failureOf(() => opened.events({}, { order }))).message).toContain("options.order");
    expect((await failureOf(() => opened.manifests({ from: new Date(1), to: new Date(0) }))).message).toContain(
      "before",
    );
  });
});

describe("manifests", () => {
  it("come oldest first, those that overlap a range alone", async () => {
    const opened = await openFolder(tempFolder());
    for (const day of [3, 1, 2]) {
      const from = new Date(DAY + day * DAY_MS);
      await archive(opened, `day-${day}`, [], { id: `${day}`, from, to: new Date(from.getTime() + DAY_MS) });
    }
    const ids = async (from?: number, to?: number): Promise<string[]> => {
      const range = {
        ...(from === undefined ? {} : { from: new Date(from) }),
        ...(to === undefined ? {} : { to: new Date(to) }),
      };
      return (await collect(opened.manifests(range))).map(({ archiveId }) => archiveId);
    };
    expect(await ids()).toEqual(["day-1", "day-2", "day-3"]);
    expect(await ids(DAY + 2 * DAY_MS)).toEqual(["day-2", "day-3"]);
    expect(await ids(undefined, DAY + 2 * DAY_MS)).toEqual(["day-1"]);
    expect(await ids(DAY + 2 * DAY_MS - 1, DAY + 2 * DAY_MS + 1)).toEqual(["day-1", "day-2"]);
  });
});
