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
  ])("refuses %s as corrupt, naming the file", async (_what, change, says) => {
    const text = JSON.stringify({ ...MANIFEST, ...change });
    const error = await failureOf(() => parseManifest(text, "file:///archive/m.json"));
    expect(error.code).toBe("corrupt");
    expect(error.message).toContain("damaged manifest file:///archive/m.json: ");
    expect(error.message).toContain(says);
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
