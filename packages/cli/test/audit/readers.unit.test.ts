import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readCsv, readCsvRecords } from "../../src/commands/audit/import/csv.js";
import { readJsonl, readLines } from "../../src/commands/audit/import/jsonl.js";
import { collect } from "../support/collect.js";

/** The text in pieces of one size, so that characters and lines fall apart. */
function bytes(text: string | Uint8Array, size = 3): AsyncIterable<Uint8Array> {
  const all = Buffer.from(text);
  const parts = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.subarray(i * size, (i + 1) * size));
  return Readable.from(parts);
}

describe("lines", () => {
  test.each([1, 2, 3, 7, 100])("survive pieces of %i bytes", async (size) => {
    const lines = await collect(readLines(bytes("\ufeffä€😀\n\n  \r\nlast", size)));
    expect(lines).toEqual([
      { number: 1, text: "ä€😀" },
      { number: 4, text: "last" },
    ]);
  });

  test("too long and not UTF-8 are said, and the next line is read", async () => {
    const long = await collect(readLines(bytes("123456\nok\n"), 5));
    expect(long).toEqual([
      { number: 1, problem: "is longer than 5 bytes" },
      { number: 2, text: "ok" },
    ]);
    const broken = await collect(readLines(bytes(Buffer.from([0xff, 0x0a, 0x61]))));
    expect(broken).toEqual([
      { number: 1, problem: "is not valid UTF-8" },
      { number: 2, text: "a" },
    ]);
  });
});

describe("JSONL", () => {
  const good = { ts: "2024-05-01T00:00:00Z", agentId: "a", action: "x", decision: "allow" };

  test("an event, its recordedAt ignored", async () => {
    const line = JSON.stringify({ ...good, recordedAt: "2020-01-01T00:00:00Z", payload: { n: 1 } });
    expect(await collect(readJsonl(bytes(line)))).toEqual([
      { place: { line: 1, at: "line 1" }, event: { ...good, ts: new Date("2024-05-01T00:00:00Z"), payload: { n: 1 } } },
    ]);
  });

  test.each([
    ["{", "ends too early"],
    ["nope", "is not valid JSON"],
    ["[]", "must be a JSON object"],
    ["7", "must be a JSON object"],
    ['{"agentId":"a"}', "ts must be an ISO 8601 time with a zone"],
    ['{"ts":"2024-05-01T00:00:00"}', "got a string of 19 characters"],
    ['{"ts":1714521600000}', "got an integer"],
  ])("%s is reported", async (line, message) => {
    const [item] = await collect(readJsonl(bytes(line)));
    expect(item).toMatchObject({ place: { line: 1 }, problem: expect.stringContaining(message) });
  });
});

describe("CSV", () => {
  test.each([1, 4, 1000])("records with quotes, commas and line breaks, in pieces of %i", async (size) => {
    const text = 'a,b\r\n"x ""y"", z","line 1\nline 2"\r\n\r\n,last';
    expect(await collect(readCsvRecords(bytes(text, size)))).toEqual([
      { line: 1, fields: ["a", "b"] },
      { line: 2, fields: ['x "y", z', "line 1\nline 2"] },
      { line: 5, fields: ["", "last"] },
    ]);
  });

  test.each([
    ['a,"b', "never ends"],
    ['a,b"c', "quote inside a field"],
    ['"a"b', "after a closing quote"],
  ])("%s is malformed", async (text, message) => {
    const [record] = await collect(readCsvRecords(bytes(text)));
    expect(record?.problem).toContain(message);
  });

  test.each([
    ['"x"y,1', "after a closing quote"],
    ['x"y,1', "quote inside a field"],
  ])("a malformed record takes none of the next with it: %s", async (record, message) => {
    expect(await collect(readCsvRecords(bytes(`a,b\n${record}\nok,2\n"q",3\n`)))).toEqual([
      { line: 1, fields: ["a", "b"] },
      { line: 2, fields: expect.any(Array), problem: expect.stringContaining(message) },
      { line: 3, fields: ["ok", "2"] },
      { line: 4, fields: ["q", "3"] },
    ]);
  });

  test("columns in any order; empty is absent", async () => {
    const text = 'decision,ts,agentId,action,dryRun,teamId,payload\nallow,2024-05-01T00:00:00Z,a,x,true,,"{""k"":1}"\n';
    expect(await collect(readCsv(bytes(text)))).toEqual([
      {
        place: { line: 2, at: "line 2" },
        event: {
          ts: new Date("2024-05-01T00:00:00Z"),
          agentId: "a",
          action: "x",
          decision: "allow",
          dryRun: true,
          payload: { k: 1 },
        },
      },
    ]);
  });

  test.each([
    ["ts,agent\n", 'unknown column "agent"', 'Did you mean "agentId"?'],
    ["ts,ts\n", "names a column twice", ""],
    ["ts,agentId\n2024-05-01T00:00:00Z\n", "has 1 fields where the header has 2", ""],
    ["ts,payload\n2024-05-01T00:00:00Z,{\n", "payload ends too early", ""],
  ])("%j is reported", async (text, message, hint) => {
    const items = await collect(readCsv(bytes(text)));
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ problem: expect.stringContaining(message) });
    expect(items[0]).toMatchObject({ problem: expect.stringContaining(hint) });
  });

  test("bytes that are not UTF-8 end the reading", async () => {
    const items = await collect(readCsv(bytes(Buffer.from([0x74, 0x73, 0x0a, 0xff, 0xfe]))));
    expect(items.at(-1)).toMatchObject({ problem: expect.stringContaining("not valid UTF-8") });
  });
});
