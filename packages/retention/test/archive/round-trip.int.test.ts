import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AuditEvent, canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import { describe, expect, it } from "vitest";
import { FileDestination } from "../../src/archive/destinations/file-destination.js";
import { PartitionWriter } from "../../src/archive/write/partition-writer.js";
import {
  archive,
  collect,
  DAY,
  DAY_MS,
  EVER,
  eventNumber,
  eventNumbers,
  ONE_DAY,
  rowOf,
  rowsOf,
  streamOf,
} from "./support/events.js";
import { failureOf } from "./support/failure.js";
import { openFolder } from "./support/open.js";
import { tempFolder } from "./support/temp-folder.js";

function nested(depth: number): JsonValue {
  return depth === 0 ? [] : { in: [nested(depth - 2)] };
}

const PAYLOADS: readonly (JsonValue | undefined)[] = [
  undefined,
  null,
  "",
  "\u0000",
  "\ud800 alone \udfff",
  { "\udead": "\u0000\ufeff", "": -0, "\u{1f600}": "\u{10ffff}" },
  1e21,
  -0,
  5e-324,
  9007199254740991,
  false,
  [],
  {},
  nested(198),
  "x".repeat(300_000),
  { tool: "search", z: 1, a: { c: [1, "2", null], b: true } },
  JSON.parse('{"__proto__": {"toString": 1}}') as JsonValue,
];

const NASTY: readonly AuditEvent[] = [
  eventNumber(1, { ts: new Date("0001-01-01T00:00:00.000Z"), recordedAt: new Date("0001-01-01T00:00:00.001Z") }),
  eventNumber(2, { ts: new Date("1969-12-31T23:59:59.999Z") }),
  ...PAYLOADS.map((payload, n) => {
    const { payload: _, ...event } = eventNumber(10 + n, { ts: new Date(DAY + 7) });
    return payload === undefined ? event : { ...event, payload };
  }),
  eventNumber(90, {
    agentId: "\ufeffbyte order mark",
    teamId: "\u{1f600} \uffff",
    orgId: " ",
    sessionId: "s".repeat(512),
    traceId: "\u0001",
    shadowDecision: "deny",
    matchedRuleId: "\u00e9 e\u0301",
  }),
  eventNumber(99, { ts: new Date("9999-12-31T23:59:59.998Z"), recordedAt: new Date("9999-12-31T23:59:59.999Z") }),
];

const comparable = (event: AuditEvent): string =>
  canonicalJson({ ...event, ts: event.ts.getTime(), recordedAt: event.recordedAt.getTime() } as unknown as JsonValue);

describe("an archive in a folder", () => {
  it("gives back what was stored, whatever it holds", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    const manifest = await archive(opened, "nasty", NASTY, EVER);
    expect(manifest.rows).toBe(NASTY.length);
    expect(manifest.files.map(({ date }) => date)).toEqual(["0001-01-01", "1969-12-31", "2026-03-01", "9999-12-31"]);
    const found = await collect(opened.events());
    expect(found.map(comparable)).toEqual(NASTY.map(comparable));
    expect(found.map((event) => "payload" in event)).toEqual(NASTY.map((event) => "payload" in event));
    expect((await collect(opened.events({}, { order: "newest" }))).reverse()).toEqual(found);
    expect((await collect(opened.checkedEvents())).map(comparable)).toEqual(NASTY.map(comparable));
  });

  it("has the layout that query engines know, and leaves no temporary file", async () => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    const partition = { id: "chunk 1", from: new Date(DAY), to: new Date(DAY + 7 * DAY_MS) };
    const events = [...eventNumbers(10), ...eventNumbers(5, 86_400 * 2)];
    const manifest = await archive(opened, "a.1", events, partition);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    );
    expect(files.sort()).toEqual([
      "_manifests/dataset=audit/2026-03-01_a.1.json",
      "dataset=audit/date=2026-03-01/a.1-0001.parquet",
      "dataset=audit/date=2026-03-03/a.1-0002.parquet",
    ]);
    expect(await collect(opened.manifests())).toEqual([manifest]);
    const text = readFileSync(join(folder, files[0] as string), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      format: "agent-assembly.archive",
      formatVersion: 1,
      rows: 15,
      partition: { id: "chunk 1", from: "2026-03-01T00:00:00.000Z", to: "2026-03-08T00:00:00.000Z" },
      minTs: "2026-03-01T00:00:00.000Z",
      maxTs: "2026-03-03T00:00:04.000Z",
    });
    expect(statSync(join(folder, files[1] as string)).mode & 0o777).toBe(0o600);
  });

  it("splits a large day into several files", async () => {
    const folder = tempFolder();
    const destination = await FileDestination.open("file:///x", folder, "write");
    const writer = new PartitionWriter(destination, { archiveId: "big", partition: ONE_DAY }, {}, { fileRows: 1000 });
    const manifest = await writer.write(rowsOf(eventNumbers(2500)));
    expect(manifest.files.map(({ rows }) => rows)).toEqual([1000, 1000, 500]);
    const opened = await openFolder(folder);
    await opened.publish(manifest);
    expect(await collect(opened.events())).toEqual(eventNumbers(2500));
  });

  it("takes a partition without events", async () => {
    const opened = await openFolder(tempFolder());
    const manifest = await archive(opened, "empty", []);
    expect(manifest).toMatchObject({ rows: 0, bytes: 0, minTs: null, maxTs: null, files: [] });
    expect(await collect(opened.manifests())).toEqual([manifest]);
    expect(await collect(opened.events())).toEqual([]);
  });

  it("counts the content alike for the same events", async () => {
    const first = await archive(await openFolder(tempFolder()), "a", NASTY, EVER);
    const second = await archive(await openFolder(tempFolder()), "b", NASTY, EVER);
    const other = await archive(await openFolder(tempFolder()), "c", NASTY.slice(1), EVER);
    expect(second.contentSha256).toBe(first.contentSha256);
    expect(other.contentSha256).not.toBe(first.contentSha256);
  });
});

describe("rows that do not belong", () => {
  const row = (n: number, changes: object = {}): AuditEventRow => ({ ...rowOf(eventNumber(n)), ...changes });

  it.each<[what: string, rows: AuditEventRow[], says: string]>([
    ["before the partition", [row(0, { ts: DAY - 1 })], "rows[0] lies outside"],
    ["behind the partition", [row(0), row(1, { ts: ONE_DAY.to.getTime() })], "rows[1] lies outside"],
    ["out of order", [row(2), row(1)], "rows[1] does not follow"],
    ["twice", [row(2), row(2)], "rows[1] does not follow"],
    ["that are none", [undefined as never], "row must be an object"],
    ["without recordedAt", [row(2, { recordedAt: undefined })], "recordedAt must be whole milliseconds"],
    ["with a time as a Date", [row(2, { ts: new Date(DAY) })], "ts must be whole milliseconds"],
    ["with an id that no store makes", [row(2, { eventId: "A" })], "eventId must be a UUID in lower case"],
    ["without an agent", [row(2, { agentId: null })], "agentId must be"],
    ["with an absent member left out", [row(2, { teamId: undefined })], "teamId must be"],
    ["with a number for a truth value", [row(2, { dryRun: 1 })], "dryRun must be true or false"],
    ["with a payload that is not JSON", [row(2, { payload: "{" })], "payload is not JSON"],
    ["with a payload as a value", [row(2, { payload: {} })], "payload must be JSON text"],
    ["with a lone surrogate in a name", [row(2, { agentId: "\ud800" })], "agentId must not contain lone surr"],
  ])("%s are refused, and nothing stays", async (_what, rows, says) => {
    const folder = tempFolder();
    const opened = await openFolder(folder);
    const error = await failureOf(() => opened.write({ archiveId: "a", partition: ONE_DAY }, streamOf([rows])));
    expect([error.code, error.operation]).toEqual(["invalid_argument", "archive.write"]);
    expect(error.message).toContain(says);
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes("parquet"))).toEqual([]);
  });
});
