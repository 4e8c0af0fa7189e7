import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { DestinationArchive } from "../../src/archive/destination-archive.js";
import { FileDestination } from "../../src/archive/destinations/file-destination.js";
import { archive, collect, eventNumbers } from "./support/events.js";
import { failureOf } from "./support/failure.js";
import { tempFolder } from "./support/temp-folder.js";

/** "PAR1" at the beginning, which a reader that knows where to look does not read. */
const UNREAD = 4;

it("a query finds any flipped bit of what it reads", async () => {
  const folder = tempFolder();
  const destination = await FileDestination.open(pathToFileURL(folder).href, folder, "write");
  const opened = new DestinationArchive(destination);
  await archive(opened, "a", eventNumbers(20));
  const bytes = readFileSync(join(folder, "dataset=audit/date=2026-03-01/a-0001.parquet"));
  const flip = (at: number): void => {
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
  };
  // Out of memory: writing the file anew for each of its bits would take most of the time.
  const openManifest = destination.open.bind(destination);
  destination.open = async (path) => {
    if (!path.endsWith(".parquet")) return openManifest(path);
    const read = async (start: number, end: number): Promise<Uint8Array> => bytes.subarray(start, end);
    return { bytes: bytes.length, read, [Symbol.asyncDispose]: async () => undefined };
  };
  expect(await collect(opened.events())).toEqual(eventNumbers(20));
  for (let at = UNREAD; at < bytes.length; at++) {
    flip(at);
    const error = await failureOf(() => collect(opened.events()));
    flip(at);
    expect([error.code, error.message], `byte ${at}`).toEqual(["corrupt", expect.stringContaining("a-0001.parquet")]);
  }
});
