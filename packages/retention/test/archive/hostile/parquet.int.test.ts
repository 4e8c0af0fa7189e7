import { gzipSync } from "node:zlib";
import type { ParquetWriter } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { restoreArchive } from "../../../src/index.js";
import { DIST, runChild } from "../support/child.js";
import { collect, eventNumber, eventNumbers } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { changeManifest, FILE, hostileArchive, type Lies } from "../support/hostile.js";
import { openFolder } from "../support/open.js";

const EVENTS = eventNumbers(20);
const noTarget = { partitions: { restore: () => Promise.reject(new Error("nothing may be restored")) } };

type Chunk = NonNullable<ParquetWriter["row_groups"][number]["columns"][number]["meta_data"]>;

/** The footer's entry of the last column, the payload, or of the first, the time. */
function chunkOf(parquet: ParquetWriter, which: "first" | "last"): Chunk {
  const columns = parquet.row_groups[0]?.columns ?? [];
  return (which === "first" ? columns[0] : columns.at(-1))?.meta_data as Chunk;
}

/** Pages by their content: the one a lie is about. */
function instead(
  isIt: (page: Uint8Array) => boolean,
  content: (page: Uint8Array) => Uint8Array,
): NonNullable<Lies["compress"]> {
  return (page) => gzipSync(isIt(page) ? content(page) : page);
}

/** Indexes of `agent_id`: three values, so of 2 bits. */
const isIndexes = (page: Uint8Array): boolean => page[0] === 2 && page.length < 20;
const isPayloads = (page: Uint8Array): boolean => Buffer.from(page).includes('"tool"');

function filledUp(page: Uint8Array, start: readonly number[]): Uint8Array {
  const content = new Uint8Array(page.length);
  content.set(start);
  return content;
}

/** What a reader finds before it decodes anything: `verify` says it, and nothing is restored. */
const SEEN_AT_ONCE: readonly (readonly [what: string, lies: Lies, says: string])[] = [
  [
    "a payload that would decode to 858 MiB",
    {
      footer: (parquet) => {
        chunkOf(parquet, "last").total_uncompressed_size = 900_000_000n;
      },
    },
    "row group 0: the payload would decode to 858.3 MiB; at most 256 MiB",
  ],
  [
    "columns that would decode to more than 256 MiB",
    {
      footer: (parquet) => {
        chunkOf(parquet, "first").total_uncompressed_size = 1n << 40n;
      },
    },
    "row group 0: all columns but the payload would decode to 1.0 TiB; at most 256 MiB",
  ],
  [
    "another number of rows in the footer",
    {
      footer: (parquet) => {
        parquet.num_rows = 21n;
      },
    },
    "its footer says 21 rows, and its row groups have 20",
  ],
  [
    "another number of rows in the manifest",
    {
      manifest: (manifest) => {
        manifest.rows = 19;
        for (const file of manifest.files as { rows: number }[]) file.rows = 19;
      },
    },
    "it has 20 rows and should have 19",
  ],
  [
    "fewer rows in the pages than in footer and manifest",
    {
      groups: [EVENTS.slice(0, 19)],
      footer: (parquet) => {
        parquet.num_rows = 20n;
        const [group] = parquet.row_groups;
        if (group === undefined) return;
        group.num_rows = 20n;
        for (const { meta_data } of group.columns) if (meta_data !== undefined) meta_data.num_values = 20n;
      },
    },
    "row group 0, column ts: its pages have 19 rows, and the footer says 20",
  ],
  [
    "a column with more values than rows",
    {
      footer: (parquet) => {
        chunkOf(parquet, "last").num_values = 1n << 40n;
      },
    },
    "the column payload has 1099511627776 values for 20 rows",
  ],
  [
    "a column beyond the end of the file",
    {
      footer: (parquet) => {
        chunkOf(parquet, "last").total_compressed_size = 100_000n;
      },
    },
    "its row groups do not end where the footer begins",
  ],
  [
    "columns that lie over each other",
    {
      footer: (parquet) => {
        chunkOf(parquet, "last").data_page_offset = 4n;
      },
    },
    "the column payload does not follow the one before it",
  ],
  [
    "another compression",
    {
      footer: (parquet) => {
        chunkOf(parquet, "last").codec = "SNAPPY";
      },
    },
    "the column payload is not compressed with GZIP",
  ],
  [
    "lists in the schema",
    {
      footer: (parquet) => {
        parquet.schema = parquet.schema.map((one) => ({ ...one, repetition_type: "REPEATED" }));
      },
    },
    "its column ts has another type",
  ],
  [
    "no row group",
    {
      groups: [],
      footer: (parquet) => {
        parquet.row_groups = [];
      },
    },
    "it has 0 rows and should have 20",
  ],
  [
    "more row groups than files have",
    { groups: Array.from({ length: 1001 }, (_, n) => [eventNumber(n)]) },
    "it has 1001 row groups; at most 1000",
  ],
  // A list of 2^28 lists, as deep as there are bytes: each would be made before it is found to be empty.
  ["a footer of lists that are longer than it", { rawFooter: nestedLists() }, "it cannot be decoded as Parquet"],
  ["a footer of structs within structs", { rawFooter: Buffer.alloc(100_000, 0x1c) }, "structs are nested too deeply"],
  [
    "a footer with a number that does not end",
    { rawFooter: Buffer.alloc(1_000_000, 0xf6) },
    "a number has too many bytes",
  ],
  ["a footer of two million empty structs", { rawFooter: emptyStructs(2_000_000) }, "it has more than 1000000 values"],
];

function nestedLists(): Uint8Array {
  return Buffer.concat([
    Buffer.of(0x19),
    ...Array.from({ length: 100 }, () => Buffer.of(0xf9, 0xff, 0xff, 0xff, 0x0f)),
  ]);
}

function emptyStructs(count: number): Uint8Array {
  const length = Buffer.of((count & 0x7f) | 0x80, ((count >> 7) & 0x7f) | 0x80, count >> 14);
  return Buffer.concat([Buffer.of(0x19, 0xfc), length, Buffer.alloc(count + 1)]);
}

/** What only decoding finds. */
const SEEN_WHEN_DECODED: readonly (readonly [what: string, lies: Lies, says: string])[] = [
  [
    "a page that decodes to more than its header says",
    { compress: instead(isPayloads, () => Buffer.alloc(64 * 1024 * 1024)) },
    "row group 0, column payload: a page decodes to more than the",
  ],
  [
    "a page that decodes to less than its header says",
    { compress: instead(isPayloads, () => Buffer.alloc(1)) },
    "row group 0, column payload: a page decodes to 1 bytes and should to",
  ],
  [
    "a run of 2^31 indexes",
    { compress: instead(isIndexes, (page) => filledUp(page, [2, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0])) },
    "a run has 2147483647 values where 20 are left",
  ],
  [
    "runs of no values",
    { compress: instead(isIndexes, (page) => filledUp(page, [2])) },
    "a run has 0 values where 20 are left",
  ],
  [
    "packed values beyond the rows",
    { compress: instead(isIndexes, (page) => filledUp(page, [2, 0xff, 0xff, 0xff, 0xff, 0x0f])) },
    "values where 20 are left",
  ],
  [
    "values of 200 bits",
    { compress: instead(isIndexes, (page) => filledUp(page, [200, 40, 0])) },
    "a run has values of 200 bits; at most 24",
  ],
  [
    "an index that the dictionary does not have",
    { compress: instead(isIndexes, (page) => filledUp(page, [2, 40, 3])) },
    "a page has an index that its dictionary does not have",
  ],
  [
    "a text that is longer than its page",
    { compress: instead(isPayloads, (page) => filledUp(page, [0xff, 0xff, 0xff, 0x7f])) },
    "row group 0, column payload: a text has 2147483647 bytes; at most",
  ],
  [
    "a time that no calendar has",
    {
      compress: instead(
        (page) => page.length === 160,
        (page) => new Uint8Array(page.length).fill(0x7f),
      ),
    },
    "row group 0, column ts: a time lies outside of the years 1 to 9999",
  ],
  ["what is no GZIP", { compress: (page) => Buffer.alloc(page.length, 1) }, "it cannot be decoded as Parquet"],
  [
    "an event at another time than the manifest says",
    { groups: [eventNumbers(20, 1000)] },
    "row group 0 has an event outside of the times in the manifest",
  ],
];

describe("a file whose digests are right, with", () => {
  it.each(SEEN_AT_ONCE)("%s is damaged, and no event of it is restored", async (_what, lies, says) => {
    const opened = await openFolder(await hostileArchive(EVENTS, lies));
    expect(await collect(opened.verify())).toMatchObject([
      { path: FILE, status: "damaged", reason: expect.stringContaining(says) },
    ]);
    for (const work of [() => restoreArchive(opened, noTarget), () => collect(opened.checkedEvents())]) {
      const error = await failureOf(work);
      expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining(says)]);
      expect(error.message).toContain(FILE);
    }
  });

  it.each(SEEN_WHEN_DECODED)("%s is damaged", async (_what, lies, says) => {
    const opened = await openFolder(await hostileArchive(EVENTS, lies));
    for (const work of [() => restoreArchive(opened, noTarget), () => collect(opened.events())]) {
      const error = await failureOf(work);
      expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining(says)]);
      expect(error.message).toContain(FILE);
    }
  });

  it("false rows in its last row group has none of its events restored", async () => {
    const groups = [EVENTS.slice(0, 10), EVENTS.slice(10, 19)];
    const footer = (parquet: ParquetWriter): void => {
      parquet.num_rows = 20n;
      const group = parquet.row_groups[1];
      if (group === undefined) return;
      group.num_rows = 10n;
      for (const { meta_data } of group.columns) if (meta_data !== undefined) meta_data.num_values = 10n;
    };
    const opened = await openFolder(await hostileArchive(EVENTS, { groups, footer }));
    const error = await failureOf(() => restoreArchive(opened, noTarget));
    expect([error.code, error.message]).toEqual([
      "corrupt",
      expect.stringContaining("row group 1, column ts: its pages have 9 rows, and the footer says 10"),
    ]);
  });

  it("no lie is ok (the counter-check)", async () => {
    const groups = [EVENTS.slice(0, 7), EVENTS.slice(7)];
    const opened = await openFolder(await hostileArchive(EVENTS, { groups }));
    expect((await collect(opened.verify())).map(({ status, reason }) => [status, reason])).toEqual([["ok", undefined]]);
    expect(await collect(opened.events())).toEqual(EVENTS);
  });
});

it("898 KB that decode to 858 MiB end no process of 256 MB", async () => {
  // As honest as a bomb can be: the footer says it, and so it is.
  const size = 900_000_000;
  const bomb = gzipSync(Buffer.alloc(size), { level: 9 });
  const isBomb = isPayloads;
  const folder = await hostileArchive(EVENTS, {
    compress: (page) => (isBomb(page) ? bomb : gzipSync(page)),
    footer: (parquet) => {
      chunkOf(parquet, "last").total_uncompressed_size = BigInt(size);
    },
  });
  const source = `
    import { openArchive } from ${JSON.stringify(DIST)};
    const archive = await openArchive(process.argv[1], { access: "read" });
    try {
      for await (const _ of archive.events()) ;
    } catch (error) {
      console.log(error.code, error.message, process.memoryUsage().rss < 300e6);
    }`;
  const url = new URL(`file://${folder}`).href;
  const options = { nodeOptions: ["--max-old-space-size=128"], limitMs: 120_000 };
  const { exitCode, stdout } = await runChild(source, [url], options);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^corrupt .*would decode to 858\.3 MiB; at most 256 MiB.* true\n$/);
});

it("a manifest that names its file twice restores nothing", async () => {
  const folder = await hostileArchive(EVENTS, {});
  changeManifest(folder, (manifest) => {
    const files = manifest.files as object[];
    files.push(files[0] as object);
    manifest.rows = 40;
    manifest.bytes = 2 * (manifest.bytes as number);
  });
  const error = await failureOf(async () => restoreArchive(await openFolder(folder), noTarget));
  expect([error.code, error.message]).toEqual([
    "corrupt",
    expect.stringContaining("manifest.files[1].path is named twice"),
  ]);
});
