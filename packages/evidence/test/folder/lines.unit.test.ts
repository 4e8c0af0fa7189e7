import { readFileSync } from "node:fs";
import type { AuditEvent } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeReceipt, parseReceipt } from "../../src/anchors/receipt.js";
import { type EventRow, encodeEventLine, parseEventLine } from "../../src/folder/event-line.js";
import { isExportPath } from "../../src/folder/layout.js";
import { encodeManifest, ManifestParser } from "../../src/folder/manifest.js";
import { type BundleSalts, encodeSeedsLine, parseSeedsLine } from "../../src/folder/seeds-line.js";
import { encodeStatementLine, parseStatementLine, type StatementLine } from "../../src/folder/statement-line.js";
import { leafSeed } from "../../src/index.js";
import { coverSeeds } from "../../src/salts/cover.js";
import { hex } from "../support/trees.js";

const DOCUMENT = readFileSync(new URL("../../../../docs/evidence-format.md", import.meta.url), "utf8");
/** The examples of the document, in order. */
const [EVENT = "", STATEMENT = "", SEEDS = "", RECEIPT = "", MANIFEST = ""] = [
  ...DOCUMENT.slice(DOCUMENT.indexOf("## Export folder")).matchAll(/```jsonl\n(.*?)\n```/gs),
].map(([, block = ""]) => block);

describe("the lines of the document are read, and written again as they are", () => {
  test("event", () => {
    const row = parseEventLine(EVENT) as EventRow;
    expect(row).toMatchObject({ leaf: 17, event: { ts: new Date("2026-11-28T09:30:00.125Z"), decision: "deny" } });
    expect(encodeEventLine(row)).toBe(EVENT);
  });

  test("statement", () => {
    const line = parseStatementLine(STATEMENT) as StatementLine;
    expect(line).toMatchObject({ leaf: 4711, statement: { t: "gap" } });
    expect(hex(line.hash)).toBe(Buffer.from("8+TWfs+cit3zbSulg+ihzMDt5hCyurVKBWHUGJmkOVk=", "base64").toString("hex"));
    const entry = STATEMENT.slice('{"entry":'.length, -',"leaf":4711}'.length);
    expect(encodeStatementLine(4711, Buffer.from(entry))).toBe(STATEMENT);
  });

  test("salts", () => {
    const line = parseSeedsLine(SEEDS) as BundleSalts & { bundle: number };
    expect(line.bundle).toBe(0);
    expect(hex(leafSeed(line.nodes, 17))).toBe("dd29c8e4c72ae9daa9a38173e0dde96ca9520c2f2ae6eb5934d0959c001a7c65");
    expect(leafSeed(line.nodes, 18)).toBeUndefined();
    expect(hex(line.salts.get(18)?.get(0))).toBe("fe0a66b9d24c79b11a61c5b447265435c4105d1b443e576afd66c7850a4fb090");
    expect(encodeSeedsLine(0, line)).toBe(SEEDS);
  });

  test("receipt", () => {
    const receipt = parseReceipt(RECEIPT);
    expect(receipt).toEqual({
      anchor: "file",
      at: new Date("2026-11-28T10:00:00.000Z"),
      checkpoint: "NOTE",
      where: "/mnt/other",
    });
    expect(encodeReceipt(receipt as NonNullable<typeof receipt>)).toBe(RECEIPT);
    const withToken = RECEIPT.replace("null", '"AAEC"');
    expect(parseReceipt(withToken)?.token).toEqual(Buffer.from([0, 1, 2]));
    expect(encodeReceipt(parseReceipt(withToken) as never)).toBe(withToken);
  });

  test("manifest", () => {
    const parser = new ManifestParser();
    expect(MANIFEST.split("\n").map((line) => parser.add(line))).toEqual([undefined, undefined, undefined]);
    expect(parser.isComplete).toBe(true);
    expect(parser.header).toEqual({
      from: new Date("2026-11-28T00:00:00.000Z"),
      to: new Date("2026-11-29T00:00:00.000Z"),
      origin: "example.com/audit",
      size: 5000,
      whole: false,
    });
    expect(encodeManifest(parser.header as never, parser.files)).toBe(`${MANIFEST}\n`);
  });
});

test("an event line holds every event", () => {
  const text = fc.string({ unit: "binary", maxLength: 8 });
  const members = fc.record(
    {
      agentId: text,
      action: text,
      decision: text,
      eventId: text,
      dryRun: fc.boolean(),
      sessionId: text,
      payload: fc.jsonValue(),
    },
    { requiredKeys: ["agentId", "action", "decision", "eventId", "dryRun"] },
  );
  const time = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(members, time, time, fc.maxSafeNat(), (given, ts, recordedAt, leaf) => {
      // As JSON has it: no negative zero.
      const event = { ...JSON.parse(JSON.stringify(given)), ts, recordedAt } as AuditEvent;
      expect(parseEventLine(encodeEventLine({ leaf, event }))).toEqual({ leaf, event });
    }),
  );
});

test.each<readonly [string, string]>([
  ["", "is not an object in canonical JSON"],
  ["[]", "is not an object in canonical JSON"],
  [EVENT.replace(":17", ": 17"), "is not an object in canonical JSON"],
  [EVENT.replace('"dryRun":false', '"dryRun":false,"dryRun":false'), "is not an object in canonical JSON"],
  [EVENT.replace("17", "-1"), "has no leafIndex"],
  [EVENT.replace("17", "1.5"), "has no leafIndex"],
  [EVENT.replace("false", '"no"'), "does not have all members of an event"],
  [EVENT.replace('"agent-1"', "7"), "does not have all members of an event"],
  [EVENT.replace(".125Z", "Z"), "has no ts, or no recordedAt"],
  [EVENT.replace("2026-11-28T09:30:01", "2026-02-30T09:30:01"), "has no ts, or no recordedAt"],
  [EVENT.replace('"ts"', '"sessionId":null,"ts"'), "has a sessionId that is no text"],
  [EVENT.replace('"ts"', '"tool":"x","ts"'), "has a member that no event has"],
])("no event line: %s", (line, problem) => expect(parseEventLine(line)).toBe(problem));

test("statements and seeds in another form are none", () => {
  expect(parseStatementLine(STATEMENT.replace('"reason"', '"other"'))).toContain("has a wrong entry");
  expect(parseStatementLine(STATEMENT.replace("4711", '"4711"'))).toContain("is not an object");
  // One of a later version is a leaf all the same.
  const later = parseStatementLine(STATEMENT.replace('"v":1', '"v":2')) as StatementLine;
  expect([later.leaf, later.statement]).toEqual([4711, undefined]);
  for (const change of [
    (line: string) => line.replace("[[8,", "[[8.5,"),
    (line: string) => line.replace("GU=", "GV="),
    (line: string) => line.replace("[[18,", "[[18,[]],[18,"),
    (line: string) => line.replace('"bundle":0', '"bundle":-1'),
    (line: string) => line.replace('"salts":[', '"salts":[7,'),
    (line: string) => line.replace('"nodes":[', '"nodes":[[1,2],'),
    () => "{}",
  ]) {
    expect(parseSeedsLine(change(SEEDS))).toBeUndefined();
  }
});

describe("paths", () => {
  test.each([
    "checkpoint",
    "events.jsonl",
    "keys/0.vkey",
    "anchors/12.json",
    "lists/4711.json",
    "tile/0/x001/067.p/1",
    "tile/entries/000",
  ])("%s is one of an export", (path) => expect(isExportPath(path)).toBe(true));
  test.each([
    "",
    "manifest.jsonl",
    "../checkpoint",
    "keys/../x",
    "keys/00.vkey",
    "lists/.json",
    "tile/0/..",
    "tile//000",
    "/checkpoint",
    "C:\\x",
    "tile/0/x001\\067",
  ])("%s is none", (path) => expect(isExportPath(path)).toBe(false));
});

test("seeds cover what is wanted, with as few nodes as can be, and nothing that is secret", () => {
  const nodes = [{ depth: 0, path: 0, node: Buffer.alloc(32, 1) }];
  expect(coverSeeds(nodes, () => "wanted")).toEqual(nodes);
  expect(coverSeeds(nodes, () => "free")).toEqual([]);
  expect(coverSeeds(nodes, (leaf) => (leaf === 0 ? "wanted" : "free"))).toEqual(nodes);
  fc.assert(
    fc.property(fc.array(fc.constantFrom("wanted", "free", "secret"), { minLength: 256, maxLength: 256 }), (uses) => {
      const shown = coverSeeds(nodes, (leaf) => uses[leaf] as "wanted");
      for (const [leaf, use] of uses.entries()) {
        const seed = leafSeed(shown, leaf);
        if (use === "wanted") expect(seed).toEqual(leafSeed(nodes, leaf));
        if (use === "secret") expect(seed).toBeUndefined();
      }
    }),
    { numRuns: 20 },
  );
});
