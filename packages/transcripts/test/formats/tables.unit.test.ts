import { describe, expect, test } from "vitest";
import { readCsvRecords } from "../../src/formats/csv-records.js";
import { bytes, collect, eventsOf, problemsOf, read } from "../support/read.js";

describe("JSONL", () => {
  const good = { ts: "2024-05-01T00:00:00Z", agentId: "a", action: "x", decision: "allow" };

  test("an event, its recordedAt ignored", async () => {
    const line = JSON.stringify({ ...good, recordedAt: "2020-01-01T00:00:00Z", payload: { n: 1 } });
    expect(await read(line)).toEqual([
      {
        format: "jsonl",
        place: { line: 1 },
        event: { ...good, ts: new Date("2024-05-01T00:00:00Z"), payload: { n: 1 } },
      },
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
    const [problem] = problemsOf(await read(line, { format: "jsonl" }));
    expect(problem).toMatch(/ at 1: /);
    expect(problem).toContain(message);
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
    expect(await read(text)).toEqual([
      {
        format: "csv",
        place: { line: 2 },
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
    const items = await read(text, { format: "csv" });
    expect(eventsOf(items)).toEqual([]);
    expect(problemsOf(items)).toEqual([expect.stringContaining(message)]);
    expect(problemsOf(items)[0]).toContain(hint);
  });

  test("bytes that are not UTF-8 end the reading", async () => {
    const items = await read(Buffer.from([0x74, 0x73, 0x0a, 0xff, 0xfe]), { format: "csv" });
    expect(problemsOf(items)).toEqual([expect.stringContaining("not valid UTF-8")]);
  });
});

describe("a CSV record", () => {
  test("that does not end is not kept", async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ts,agentId\n"');
      for (;;) yield Buffer.alloc(65_536, "x");
    };
    const records = await collect(readCsvRecords(endless(), 1_000_000));
    expect(records).toEqual([
      { line: 1, fields: ["ts", "agentId"] },
      { line: 2, fields: [], problem: "is longer than 1000000 characters; nothing after it was read" },
    ]);
  });

  test("of a million fields keeps as many as there can be", async () => {
    const one = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${",".repeat(1_000_000)}\nts\n`);
    };
    const [first, second] = await collect(readCsvRecords(one()));
    expect([first?.fields.length, first?.problem]).toEqual([1000, "has more than 1000 fields"]);
    expect(second?.fields).toEqual(["ts"]);
  });
});

test.each([
  ["ts;agentId;action;decision\n2026-11-05T00:00:00Z;a;x;allow\n", "separated by semicolons: commas were expected"],
  ["ts\tagentId\taction\tdecision\n", "separated by tabs"],
  ["ts,agentId,action\n2026-11-05T00:00:00Z,a,x\n", "lacks decision"],
  [" \n\n", "is empty"],
])("a table that cannot be read says why: %j", async (text, reason) => {
  const items = await read(text);
  expect(eventsOf(items)).toEqual([]);
  expect(problemsOf(items)).toEqual([expect.stringContaining(reason)]);
});
