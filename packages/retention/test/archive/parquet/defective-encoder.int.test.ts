import { readdirSync } from "node:fs";
import { afterAll, expect, it, vi } from "vitest";
import { eventNumbers, ONE_DAY, rowsOf } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { tempFolder } from "../support/temp-folder.js";

const COLUMNS = "../../../src/archive/parquet/columns.js";

// Other files of this process have loaded the real encoder, and others are to load it again.
vi.resetModules();
/** An encoder that writes a valid file in which one event has lost its payload, as a defect in a library could. */
vi.doMock(COLUMNS, async (importOriginal) => {
  const original = await importOriginal<typeof import("../../../src/archive/parquet/columns.js")>();
  const columnsOf: typeof original.columnsOf = (events) =>
    original.columnsOf(events.map((event, n) => (n === 7 ? { ...event, payload: null } : event)));
  return { ...original, columnsOf };
});
const { openFolder } = await import("../support/open.js");
afterAll(() => {
  vi.doUnmock(COLUMNS);
  vi.resetModules();
});

it("a write notices when other events are read back than were given, and leaves nothing", async () => {
  const folder = tempFolder();
  const opened = await openFolder(folder);
  const error = await failureOf(() => opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(10))));
  expect([error.code, error.message]).toEqual([
    "corrupt",
    expect.stringContaining("the events that were read back are not those"),
  ]);
  expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".parquet"))).toEqual([]);
});
