import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { type Archive, restoreArchive } from "../../../src/index.js";
import { archive, collect, DAY, DAY_MS, eventNumber, eventNumbers } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { openFolder } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

const WEEK = { id: "week", from: new Date(DAY), to: new Date(DAY + 7 * DAY_MS) };
const FIRST = "dataset=audit/date=2026-03-01/a-0001.parquet";
const SECOND = "dataset=audit/date=2026-03-02/a-0002.parquet";
const MANIFEST = "_manifests/dataset=audit/2026-03-01_a.json";

async function twoDays(): Promise<{ folder: string; opened: Archive }> {
  const folder = tempFolder();
  const opened = await openFolder(folder);
  await archive(opened, "a", [...eventNumbers(500), ...eventNumbers(500, 86_400)], WEEK);
  return { folder, opened };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

function foreignParquet(path: string): void {
  const writer = new ByteWriter();
  const schema = [
    { name: "root", num_children: 1 },
    { name: "ts", type: "INT64" as const, repetition_type: "REQUIRED" as const },
  ];
  const parquet = new ParquetWriter({ writer, schema });
  parquet.write({ columnData: [{ name: "ts", data: [1n, 2n] }] });
  parquet.finish();
  writeFileSync(path, writer.getBytes());
}

async function reports(opened: Archive): Promise<[path: string, status: string, reason: string | undefined][]> {
  return (await collect(opened.verify())).map(({ path, status, reason }) => [path, status, reason]);
}

const noTarget = { partitions: { restore: () => Promise.reject(new Error("nothing may be restored")) } };

describe("verify", () => {
  it("says of every file that it is as it was written", async () => {
    const { opened } = await twoDays();
    const progress: number[] = [];
    const found = await collect(opened.verify({ onProgress: ({ rows }) => progress.push(rows) }));
    expect(found).toMatchObject([
      { path: FIRST, archiveId: "a", status: "ok", rows: 500 },
      { path: SECOND, archiveId: "a", status: "ok", rows: 500 },
    ]);
    expect(progress).toEqual([500, 1000]);
  });

  it("names the file of any flipped byte, and restore refuses it", async () => {
    const { folder, opened } = await twoDays();
    const path = join(folder, SECOND);
    const original = readFileSync(path);
    for (let step = 0; step < 20; step++) {
      flip(path, Math.floor((step * (original.length - 1)) / 19));
      expect(await reports(opened)).toEqual([
        [FIRST, "ok", undefined],
        [SECOND, "damaged", expect.stringContaining("its SHA-256 is not the one it was written with")],
      ]);
      const error = await failureOf(() =>
        restoreArchive(opened, noTarget, { filter: { from: new Date(DAY + DAY_MS) } }),
      );
      expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining(SECOND)]);
      writeFileSync(path, original);
    }
  });

  it("names a truncated, a missing and an empty file", async () => {
    const { folder, opened } = await twoDays();
    truncateSync(join(folder, FIRST), 700);
    rmSync(join(folder, SECOND));
    expect(await reports(opened)).toEqual([
      [FIRST, "damaged", expect.stringMatching(/it has 700 bytes and should have \d+/)],
      [SECOND, "missing", expect.stringContaining("it does not exist")],
    ]);
    truncateSync(join(folder, FIRST), 0);
    expect((await reports(opened))[0]?.[1]).toBe("damaged");
  });

  it("names a damaged manifest and continues with the others", async () => {
    const { folder, opened } = await twoDays();
    await archive(opened, "b", [eventNumber(1)]);
    truncateSync(join(folder, MANIFEST), 300);
    expect(await reports(opened)).toEqual([
      [MANIFEST, "damaged", "it is not JSON"],
      ["dataset=audit/date=2026-03-01/b-0001.parquet", "ok", undefined],
    ]);
  });
});

describe("reading", () => {
  it("says that a truncated file is damaged", async () => {
    const { folder, opened } = await twoDays();
    truncateSync(join(folder, SECOND), 700);
    const error = await failureOf(() => collect(opened.events()));
    expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining(SECOND)]);
  });

  it("says that a Parquet file of another program is none of ours", async () => {
    const { folder, opened } = await twoDays();
    foreignParquet(join(folder, FIRST));
    const error = await failureOf(() => collect(opened.events()));
    expect([error.code, error.message]).toEqual([
      "corrupt",
      expect.stringMatching(/a-0001\.parquet: it is a Parquet file that another program wrote/),
    ]);
  });

  it("passes over files that no manifest names", async () => {
    const { folder, opened } = await twoDays();
    foreignParquet(join(folder, "dataset=audit/date=2026-03-01/other.parquet"));
    writeFileSync(join(folder, "_manifests/dataset=audit/notes.txt"), "hello");
    expect(await collect(opened.events())).toHaveLength(1000);
    expect((await reports(opened)).map(([, status]) => status)).toEqual(["ok", "ok"]);
  });

  it("refuses a manifest of newer software and says so", async () => {
    const { folder, opened } = await twoDays();
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")) as object;
    writeFileSync(join(folder, MANIFEST), JSON.stringify({ ...manifest, formatVersion: 3, more: {} }));
    for (const work of [opened.manifests(), opened.events(), opened.verify(), opened.checkedEvents()]) {
      const error = await failureOf(() => collect<unknown>(work));
      expect([error.code, error.message]).toEqual([
        "unsupported",
        expect.stringContaining("format version 3, and this software supports up to version 2. Upgrade this software"),
      ]);
    }
  });

  it("refuses a manifest under another one's name", async () => {
    const { folder, opened } = await twoDays();
    copyFileSync(join(folder, MANIFEST), join(folder, "_manifests/dataset=audit/2026-03-01_b.json"));
    const error = await failureOf(() => collect(opened.manifests()));
    expect([error.code, error.message]).toEqual([
      "corrupt",
      expect.stringContaining("2026-03-01_b.json: it is the manifest of another partition"),
    ]);
  });
});
