import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect, it } from "vitest";
import { restoreArchive } from "../../../src/index.js";
import { archive, collect, DAY, eventNumber, eventNumbers } from "../support/events.js";
import { openFolder } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

it("restores a partition that was read from a store and dropped there, more than once", async () => {
  const opened = await openFolder(tempFolder());
  await using storage = await openMemoryStorage();
  const events = eventNumbers(2500);
  await storage.partitions.restore(events);
  const [partition] = await storage.partitions.list("audit");
  if (partition === undefined) throw new Error("the store holds no partition");
  const { id, from, to } = partition;
  const manifest = await opened.write(
    { archiveId: "a", partition: { id, from, to } },
    storage.retentionSupport.readRows(partition),
  );
  await opened.publish(manifest);
  await storage.partitions.drop(partition, { expect: { rows: manifest.rows } });
  expect(await storage.audit.count()).toBe(0);

  const progress: number[] = [];
  const first = await restoreArchive(opened, storage, { onProgress: ({ inserted }) => progress.push(inserted) });
  expect(first).toEqual({ inserted: 2500, duplicates: 0, conflicts: 0 });
  expect(progress).toEqual([1000, 2000, 2500]);
  expect(await collect(storage.audit.stream())).toEqual(events);
  expect(await restoreArchive(opened, storage)).toEqual({ inserted: 0, duplicates: 2500, conflicts: 0 });
});

it("restores what a filter and an id name, and counts conflicts", async () => {
  const opened = await openFolder(tempFolder());
  await archive(opened, "a", eventNumbers(100));
  await archive(opened, "b", eventNumbers(100, 100));
  await using storage = await openMemoryStorage();
  await storage.partitions.restore([eventNumber(5, { decision: "changed" })]);
  expect(await restoreArchive(opened, storage, { archiveId: "a", filter: { to: new Date(DAY + 10_000) } })).toEqual({
    inserted: 9,
    duplicates: 0,
    conflicts: 1,
  });
  expect(await restoreArchive(opened, storage, { filter: { agentId: "agent-1" }, archiveId: "b" })).toEqual({
    inserted: 34,
    duplicates: 0,
    conflicts: 0,
  });
});

it("stops with the abort's reason between batches", async () => {
  const opened = await openFolder(tempFolder());
  await archive(opened, "a", eventNumbers(3000));
  await using storage = await openMemoryStorage();
  const abort = new AbortController();
  const reason = new Error("enough");
  const work = restoreArchive(opened, storage, { signal: abort.signal, onProgress: () => abort.abort(reason) });
  await expect(work).rejects.toBe(reason);
  expect(await storage.audit.count()).toBe(1000);
});
