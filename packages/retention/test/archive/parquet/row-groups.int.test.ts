import { expect, it } from "vitest";
import { restoreArchive } from "../../../src/index.js";
import { eventNumber, eventNumbers, ONE_DAY, rowOf } from "../support/events.js";
import { tempFolder } from "../support/temp-folder.js";
import { watchedArchive } from "../support/watched-archive.js";

const ROWS = 5200;
const GROUP_ROWS = 500;
const GROUPS = Math.ceil(ROWS / GROUP_ROWS);
/** What a restore hands over at a time. */
const BATCH = 1000;

/** How much of a day is in memory is a matter of the row group, not of the day; how much that is, the benchmarks say. */
it("a day is written, read and restored a row group at a time", async () => {
  const { opened, reads } = await watchedArchive(tempFolder(), { groupRows: GROUP_ROWS });
  const written: { rows: number; bytes: number }[] = [];
  let taken = 0;
  let unwritten = 0;
  async function* source() {
    for (; taken < ROWS; ) {
      const event = eventNumber(taken++);
      unwritten = Math.max(unwritten, taken - (written.at(-1)?.rows ?? 0));
      yield [rowOf(event)];
    }
  }
  const onProgress = (progress: (typeof written)[number]): void => void written.push(progress);
  const manifest = await opened.write({ archiveId: "a", partition: ONE_DAY }, source(), { onProgress });
  await opened.publish(manifest);
  expect(manifest.rows).toBe(ROWS);
  expect(manifest.files).toHaveLength(1);
  expect(unwritten).toBe(GROUP_ROWS);
  const full = written.slice(0, GROUPS - 1);
  expect(full.map(({ rows }) => rows)).toEqual(full.map((_, n) => (n + 1) * GROUP_ROWS));
  for (const [n, { bytes }] of full.entries()) expect(bytes).toBeGreaterThan(full[n - 1]?.bytes ?? 0);

  for (const order of ["oldest", "newest"] as const) {
    reads.length = 0;
    const found: string[] = [];
    for await (const { eventId } of opened.events({}, { order })) {
      found.push(eventId);
      // The file's end, and twice for each row group that was begun. From the end, the first one is not full.
      const begun = order === "oldest" ? found.length : found.length + GROUPS * GROUP_ROWS - ROWS;
      expect(reads.length).toBe(1 + 2 * Math.ceil(begun / GROUP_ROWS));
    }
    const expected = eventNumbers(ROWS).map(({ eventId }) => eventId);
    expect(found).toEqual(order === "oldest" ? expected : expected.reverse());
  }

  const verified: string[] = [];
  for await (const { status } of opened.verify()) verified.push(status);
  expect(verified).toEqual(["ok"]);

  const batches: number[] = [];
  const sums = await restoreArchive(opened, {
    partitions: {
      restore: async ({ length }) => {
        batches.push(length);
        return { inserted: length, duplicates: 0, conflicts: 0 };
      },
    },
  });
  expect(sums.inserted).toBe(ROWS);
  expect(batches).toEqual([BATCH, BATCH, BATCH, BATCH, BATCH, ROWS - 5 * BATCH]);
});
