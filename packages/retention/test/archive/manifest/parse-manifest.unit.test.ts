import { describe, expect, it } from "vitest";
import { type ArchiveManifest, manifestText } from "../../../src/archive/manifest/manifest.js";
import { parseManifest } from "../../../src/archive/manifest/parse-manifest.js";
import { ARCHIVED_COLUMNS } from "../../../src/archive/parquet/columns.js";
import { failureOf } from "../support/failure.js";

const DIGEST = "0".repeat(64);

const MANIFEST: ArchiveManifest = {
  format: "agent-assembly.archive",
  formatVersion: 1,
  writer: { name: "w", version: "1.0.0" },
  archiveId: "a",
  dataset: "audit",
  partition: { id: "s", from: new Date("2026-03-01T00:00:00Z"), to: new Date("2026-03-02T00:00:00Z") },
  reason: "older than 90 days",
  createdAt: new Date("2026-06-01T03:00:00Z"),
  schema: ARCHIVED_COLUMNS,
  rows: 2,
  bytes: 9,
  minTs: new Date("2026-03-01T01:00:00Z"),
  maxTs: new Date("2026-03-01T02:00:00Z"),
  contentSha256: DIGEST,
  files: [
    {
      path: "dataset=audit/date=2026-03-01/a-0001.parquet",
      date: "2026-03-01",
      rows: 2,
      bytes: 9,
      sha256: DIGEST,
      footer: { bytes: 5, sha256: DIGEST },
      minTs: new Date("2026-03-01T01:00:00Z"),
      maxTs: new Date("2026-03-01T02:00:00Z"),
    },
  ],
};

const FILE = MANIFEST.files[0] as ArchiveManifest["files"][number];
const twice = (change: object): object => ({ files: [FILE, { ...FILE, ...change }], rows: 4, bytes: 18 });
const hugeFooter = (): object => withFile({ bytes: 1e9, footer: { bytes: 1e8, sha256: DIGEST } });

const withFile = (change: object): object => ({ files: [{ ...MANIFEST.files[0], ...change }] });

describe("parseManifest", () => {
  it("reads what manifestText writes", () => {
    expect(parseManifest(manifestText(MANIFEST), "here")).toEqual(MANIFEST);
  });

  it.each<[what: string, change: object, says: string]>([
    ["another format", { format: "x" }, "manifest.format"],
    ["an unknown key", { rowz: 1 }, 'unknown key "rowz"'],
    ["a missing time", { createdAt: undefined }, "manifest.createdAt"],
    ["a time without a zone", { createdAt: "2026-06-01T03:00:00.000" }, "manifest.createdAt"],
    ["a day that does not exist", { createdAt: "2026-13-01T03:00:00.000Z" }, "manifest.createdAt"],
    ["an archive id with a slash", { archiveId: "a/b" }, "manifest.archiveId"],
    ["a negative count", { rows: -2 }, "manifest.rows"],
    ["other rows than the files", { rows: 3 }, "manifest.rows is not the sum"],
    ["other bytes than the files", { bytes: 3 }, "manifest.bytes is not the sum"],
    ["other times than the files", { minTs: null }, "manifest.minTs and maxTs"],
    ["another dataset", { dataset: "metrics" }, "manifest.dataset"],
    ["no columns", { schema: {} }, "manifest.schema must be an array"],
    ["a missing column that every event has", { schema: ARCHIVED_COLUMNS.slice(1) }, "lacks the column ts"],
    ["a column twice", { schema: [...ARCHIVED_COLUMNS, ARCHIVED_COLUMNS[0]] }, "names a column twice"],
    ["another type of a column", { schema: [{ ...ARCHIVED_COLUMNS[0], type: "STRING" }] }, "manifest.schema[0]"],
    ["no digest", { contentSha256: "abc" }, "manifest.contentSha256"],
    ["no files", { files: {} }, "manifest.files must be an array"],
    ["a path out of the archive", withFile({ path: "dataset=audit/date=2026-03-01/../../../x-0001.parquet" }), "path"],
    ["an absolute path", withFile({ path: "/etc/passwd" }), "manifest.files[0].path"],
    [
      "a footer larger than its file",
      withFile({ footer: { bytes: 10, sha256: DIGEST } }),
      "manifest.files[0].footer.bytes",
    ],
    ["the path of another day", withFile({ date: "2026-03-02" }), "manifest.files[0].path"],
    [
      "a path with NUL",
      withFile({ path: "dataset=audit/date=2026-03-01/a-0001.parquet\u0000" }),
      "manifest.files[0].path",
    ],
    [
      "a path with a backslash",
      withFile({ path: "dataset=audit/date=2026-03-01/..\\a-0001.parquet" }),
      "files[0].path",
    ],
    [
      "a day that no calendar has",
      withFile({ date: "2026-99-99", path: "dataset=audit/date=2026-99-99/a-0001.parquet" }),
      "manifest.files[0].minTs",
    ],
    [
      "the path of another archive's file",
      withFile({ path: "dataset=audit/date=2026-03-01/b-0001.parquet" }),
      "is the path of another archive's file",
    ],
    ["a file twice", twice({}), "manifest.files[1].path is named twice"],
    [
      "paths that differ in case only",
      twice({ path: FILE.path.replace("a-0001", "A-0001") }),
      "files[1].path is named twice",
    ],
    [
      "files in another order than their events",
      twice({ path: FILE.path.replace("0001", "0002") }),
      "manifest.files[1].minTs is before the end of the file before it",
    ],
    [
      "times that do not follow each other",
      withFile({ minTs: FILE.maxTs, maxTs: FILE.minTs }),
      "manifest.minTs and maxTs",
    ],
    [
      "events after the partition",
      { partition: { ...MANIFEST.partition, to: FILE.maxTs } },
      "is after the end of the partition",
    ],
    [
      "events before the partition",
      { partition: { ...MANIFEST.partition, from: FILE.maxTs } },
      "manifest.files[0].minTs",
    ],
    [
      "a partition without time",
      { partition: { ...MANIFEST.partition, to: MANIFEST.partition.from } },
      "partition.from",
    ],
    ["more rows than a file can have", { rows: 1e8, ...withFile({ rows: 1e8 }) }, "manifest.files[0].rows"],
    ["a number that is not exact", { bytes: 2 ** 53, ...withFile({ bytes: 2 ** 53 }) }, "manifest.bytes"],
    ["rows that are no number", withFile({ rows: "2" }), "manifest.files[0].rows"],
    ["a fraction", withFile({ rows: 1.5 }), "manifest.files[0].rows"],
    ["a footer that is larger than footers are", { bytes: 1e9, ...hugeFooter() }, "manifest.files[0].footer.bytes"],
    [
      "more files than manifests name",
      { files: Array.from({ length: 10_001 }, () => FILE) },
      "names 10001 files; at most 10000",
    ],
    [
      "more columns than there can be",
      { schema: Array(1001).fill(ARCHIVED_COLUMNS[0]) },
      "names 1001 columns; at most 1000",
    ],
  ])("refuses %s as corrupt, naming the file", async (_what, change, says) => {
    const text = JSON.stringify({ ...MANIFEST, ...change });
    const error = await failureOf(() => parseManifest(text, "file:///archive/m.json"));
    expect(error.code).toBe("corrupt");
    expect(error.message).toContain("damaged manifest file:///archive/m.json: ");
    expect(error.message).toContain(says);
  });

  it("takes a key that is the name of a prototype for an unknown key", async () => {
    const text = manifestText(MANIFEST).replace("{", '{"__proto__": {"rows": 5},');
    const error = await failureOf(() => parseManifest(text, "here"));
    expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining('unknown key "__proto__"')]);
  });

  it("reads a manifest that was written before a nullable column was added", () => {
    const schema = ARCHIVED_COLUMNS.filter(({ name }) => name !== "trace_id");
    expect(parseManifest(manifestText({ ...MANIFEST, schema }), "here").schema).toEqual(schema);
  });

  it("refuses a column that newer software added as unsupported", async () => {
    const schema = [...ARCHIVED_COLUMNS, { name: "region", type: "STRING", nullable: true }];
    const error = await failureOf(() => parseManifest(manifestText({ ...MANIFEST, schema }), "here"));
    expect([error.code, error.message]).toEqual(["unsupported", expect.stringContaining('column "region"')]);
  });
});
