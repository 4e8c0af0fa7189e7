import { positionErrors } from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect, it } from "vitest";
import { finishArchive } from "../../src/run/finish-archives.js";
import type { RunProgress } from "../../src/run/progress.js";

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 0, 1);

it("a store that was restored keeps the rows of an archive whose slice it cannot tell any more, and the files stay", async () => {
  await using storage = openMemoryStorage();
  const record = {
    archiveId: "00000000-0000-4000-8000-000000000001",
    dataset: "audit",
    partitionId: "2026-01-01",
    from: new Date(FROM),
    to: new Date(FROM + DAY_MS),
    asOf: "a position of the original",
    url: "file:///archive",
    state: "verified",
    rows: 3,
    bytes: 100,
    startedAt: new Date(FROM),
  } as const;
  await storage.retentionSupport.recordArchive({ ...record, state: "writing" });
  await storage.retentionSupport.recordArchive(record, { from: "writing" });
  const refusing = {
    ...storage,
    retentionSupport: storage.retentionSupport,
    partitions: {
      measure: async () => {
        throw positionErrors.otherHistory("asOf", "restored from a dump");
      },
    },
  };
  const told: RunProgress[] = [];
  const untouched = new Proxy({}, { get: (_, name) => expect.fail(`the archive was asked to ${String(name)}`) });
  const rows = await finishArchive(
    record as never,
    untouched as never,
    {
      storage: refusing as never,
      signal: new AbortController().signal,
      onProgress: (progress: RunProgress) => told.push(progress),
      onRows: () => expect.fail("rows were removed"),
    } as never,
  );
  expect(rows).toBe(0);
  expect(told).toMatchObject([{ kind: "recovered", how: "kept" }]);
  expect(await storage.retentionSupport.archives()).toMatchObject([{ state: "dropped" }]);
});
