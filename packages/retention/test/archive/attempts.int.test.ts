import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { archive, collect, eventNumbers, ONE_DAY, rowOf, rowsOf } from "./support/events.js";
import { failureOf } from "./support/failure.js";
import { openFolder } from "./support/open.js";
import { tempFolder } from "./support/temp-folder.js";

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.(parquet|tmp|json)$/.test(name));

describe("an attempt", () => {
  it("is no part of the archive before it is published", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    const manifest = await opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(3)));
    expect(await collect(opened.manifests())).toEqual([]);
    expect(await collect(opened.events())).toEqual([]);
    await opened.publish(manifest);
    await opened.publish(manifest);
    expect(await collect(opened.events())).toEqual(eventNumbers(3));
  });

  it("replaces what an earlier one of the same id left, and only that", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    await archive(opened, "a-0001", eventNumbers(2));
    await opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(3)));
    const day = join(folder, "dataset=audit/date=2026-03-01");
    writeFileSync(join(day, ".a-0007.parquet.0123456789ab.tmp"), "half");
    writeFileSync(join(day, "a-0002.parquet"), "left behind");
    const manifest = await opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(4)));
    expect(readdirSync(day).sort()).toEqual(["a-0001-0001.parquet", "a-0001.parquet"]);
    expect(manifest.rows).toBe(4);
  });

  it("may not reuse a published id", async () => {
    const opened = await openFolder(tempFolder());
    const manifest = await archive(opened, "a", eventNumbers(2));
    const again = () => opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(3)));
    expect(await failureOf(again)).toMatchObject({ code: "conflict", operation: "archive.write" });
    const changed = { ...manifest, reason: "other" };
    expect(await failureOf(() => opened.publish(changed))).toMatchObject({ code: "conflict" });
    expect(await collect(opened.events())).toEqual(eventNumbers(2));
  });

  it("is discarded with its manifest, more than once", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    await archive(opened, "a", eventNumbers(2));
    await archive(opened, "b", eventNumbers(2));
    for (let i = 0; i < 2; i++) {
      await opened.discard({ archiveId: "a", from: ONE_DAY.from, to: ONE_DAY.to });
      expect(filesIn(folder).sort()).toEqual([
        "_manifests/dataset=audit/2026-03-01_b.json",
        "dataset=audit/date=2026-03-01/b-0001.parquet",
      ]);
    }
  });

  it("over a range of centuries is discarded as well", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    const entry = { archiveId: "a", from: new Date("1900-01-01"), to: new Date("2100-01-01") };
    await opened.write(
      { archiveId: "a", partition: { id: "x", from: entry.from, to: entry.to } },
      rowsOf(eventNumbers(1)),
    );
    await opened.discard(entry);
    expect(filesIn(folder)).toEqual([]);
  });

  it("that is aborted throws the reason and leaves nothing", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    const abort = new AbortController();
    const reason = new Error("enough");
    async function* source() {
      for (const event of eventNumbers(20_000)) {
        if (event.payload !== undefined && (event.payload as { n: number }).n === 15_000) abort.abort(reason);
        yield [rowOf(event)];
      }
    }
    const progress: number[] = [];
    const work = opened.write({ archiveId: "a", partition: ONE_DAY }, source(), {
      signal: abort.signal,
      onProgress: ({ rows }) => progress.push(rows),
    });
    await expect(work).rejects.toBe(reason);
    expect(progress).toEqual([10_000]);
    expect(filesIn(folder)).toEqual([]);
  });

  it("whose source fails throws that error and leaves nothing", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    const failure = new TypeError("the source broke");
    async function* source() {
      yield* rowsOf(eventNumbers(5));
      throw failure;
    }
    await expect(opened.write({ archiveId: "a", partition: ONE_DAY }, source())).rejects.toBe(failure);
    expect(filesIn(folder)).toEqual([]);
  });

  it("cannot be made once the archive is closed", async () => {
    const opened = await openFolder(tempFolder());
    await opened.close();
    await opened.close();
    const error = await failureOf(() => opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf([])));
    expect(error.code).toBe("closed");
    expect((await failureOf(() => opened.events())).code).toBe("closed");
  });
});
