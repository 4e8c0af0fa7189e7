import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { archive, collect, eventNumbers } from "./support/events.js";
import { failureOf } from "./support/failure.js";
import { openFolder } from "./support/open.js";
import { tempFolder } from "./support/temp-folder.js";

/** "PAR1" at the beginning, which a reader that knows where to look does not read. */
const UNREAD = 4;

it("a query finds any flipped bit of what it reads", { timeout: 120_000 }, async () => {
  const folder = tempFolder();
  const opened = await openFolder(folder);
  await archive(opened, "a", eventNumbers(40));
  const path = join(folder, "dataset=audit/date=2026-03-01/a-0001.parquet");
  const original = readFileSync(path);
  for (let at = UNREAD; at < original.length; at++) {
    const bytes = Buffer.from(original);
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    writeFileSync(path, bytes);
    const error = await failureOf(() => collect(opened.events()));
    expect([error.code, error.message], `byte ${at}`).toEqual(["corrupt", expect.stringContaining("a-0001.parquet")]);
  }
});
