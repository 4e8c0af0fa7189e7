import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { afterAll, expect, it, vi } from "vitest";
import { restoreArchive } from "../../../src/index.js";
import { archive, collect, eventNumber } from "../support/events.js";
import { tempFolder } from "../support/temp-folder.js";

const COLUMNS = "../../../src/archive/parquet/columns.js";
const ADDED = "trace_id";

// Other files of this process have loaded the real encoder, and others are to load it again.
vi.resetModules();
/** An encoder that does not know a column yet. */
vi.doMock(COLUMNS, async (importOriginal) => {
  const original = await importOriginal<typeof import("../../../src/archive/parquet/columns.js")>();
  const [root, ...elements] = original.PARQUET_SCHEMA;
  const known = elements.filter(({ name }) => name !== ADDED);
  return {
    ...original,
    PARQUET_SCHEMA: [{ ...root, num_children: known.length }, ...known],
    ARCHIVED_COLUMNS: original.ARCHIVED_COLUMNS.filter(({ name }) => name !== ADDED),
    columnsOf: (rows: Parameters<typeof original.columnsOf>[0]) =>
      original.columnsOf(rows).filter(({ name }) => name !== ADDED),
  };
});
const older = await import("../support/open.js");
vi.doUnmock(COLUMNS);
vi.resetModules();
const { openFolder } = await import("../support/open.js");
afterAll(() => vi.resetModules());

it("an archive that was written before a column was added reads as if its events lacked the member", async () => {
  const folder = tempFolder();
  const events = [
    eventNumber(1, { teamId: "t", matchedRuleId: "r" }),
    eventNumber(2),
    eventNumber(3, { payload: { tool: "f", deep: [null] } }),
  ];
  const { schema } = await archive(await older.openFolder(folder), "a", events);
  expect(schema.map(({ name }) => name)).not.toContain(ADDED);

  const opened = await openFolder(folder);
  expect(await collect(opened.events())).toEqual(events);
  expect(await collect(opened.events({ traceId: "t" }))).toEqual([]);
  expect(await collect(opened.events({ matchedRuleId: "r" }))).toEqual(events.slice(0, 1));
  expect((await collect(opened.verify())).map(({ status }) => status)).toEqual(["ok"]);
  await using storage = await openMemoryStorage();
  expect(await restoreArchive(opened, storage)).toEqual({ inserted: 3, duplicates: 0, conflicts: 0 });
  expect(await collect(storage.audit.stream())).toEqual(events);
});
