import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openArchive } from "@agent-assembly/retention";
import { describe, expect, it } from "vitest";
import { parseEntry, parseVerifierKey, verifyEntryProof, verifyExport } from "../src/index.js";

const place = (name: string): string => fileURLToPath(new URL(`fixtures/version-1/${name}`, import.meta.url));
const text = (name: string): string => readFileSync(place(name), "utf8");
const keys = text("keys.txt").trim().split("\n").map(parseVerifierKey);
const FORMAT = new URL("../../../docs/evidence-format.md", import.meta.url);

/** What was written in version 1 is kept for years: it is read as long as there is this package. */
describe("what was written when version 1 was frozen", () => {
  it("is verified: an export of a whole log, with a new key, a drop, erasures and a gap", async () => {
    const report = await verifyExport(place("whole-export"), { keys });
    expect(report).toMatchObject({
      isComplete: true,
      events: 276,
      present: 276,
      erased: 40,
      findings: [],
      unchecked: [],
    });
    expect(report.checkpoint).toMatchObject({ origin: "example.com/audit", size: 288 });
    const kinds = text("whole-export/statements.jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { entry: { t: string } }).entry.t);
    expect(new Set(kinds)).toEqual(new Set(["key", "seal", "drop", "erase", "gap"]));
  });

  it("is verified: an export of a range whose events were restored", async () => {
    const report = await verifyExport(place("range-export"), { keys });
    expect(report).toMatchObject({ isComplete: true, events: 40, present: 40, erased: 6, findings: [], unchecked: [] });
    expect(text("range-export/statements.jsonl")).toContain('"t":"restore"');
  });

  it("is refused with another key than those that signed it", async () => {
    const { findings } = await verifyExport(place("whole-export"), { keys: keys.slice(0, 1) });
    expect(findings.map(({ code }) => code)).toContain("key_unknown");
  });

  it("is verified: the proof of one event", () => {
    const { entry: bytes, checkpoint } = verifyEntryProof(text("event.tlog-proof"), keys);
    expect(parseEntry(bytes)).toMatchObject({ t: "event", eventId: "00000000-0000-7000-8000-000000000007" });
    expect(checkpoint.size).toBeGreaterThan(280);
  });

  it("is read: an archive with its hashes and salts, parts of which were erased", async () => {
    await using archive = await openArchive(`file://${place("archive")}`, { access: "read" });
    const files = [];
    for await (const { path, status } of archive.verify()) files.push([path.split("/")[0], status]);
    expect(files.sort()).toEqual([
      ["_evidence", "ok"],
      ["_evidence", "ok"],
      ["dataset=audit", "ok"],
    ]);
    const events = [];
    for await (const event of archive.events()) events.push(event);
    expect(events).toHaveLength(40);
    expect(events.filter(({ sessionId }) => sessionId === undefined)).toHaveLength(6);
  });

  it("stays what the document says: the test vectors of version 1 are not changed", () => {
    const [, vectors = ""] = /^```json\n([\s\S]*?)^```$/m.exec(readFileSync(FORMAT, "utf8")) ?? [];
    expect(createHash("sha256").update(vectors).digest("hex")).toBe(
      "ec438ab28cf584e0464adedb81ea3c875fe75c3f7cf7ff9aea8fb246cb62545f",
    );
  });
});
