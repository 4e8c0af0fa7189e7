import { describe, expect, test } from "vitest";
import { otlpJson } from "../../../src/formats/otlp-json/index.js";
import { readDocuments } from "../../../src/json/read-documents.js";
import { anyValue, log, logs, recording, span, traces } from "../../support/otlp.js";
import {
  bytes,
  collect,
  eventsOf,
  formatsOf,
  payloadsOf,
  problemsOf,
  read,
  readJson,
  storeAll,
} from "../../support/read.js";

const TOOL = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay" };

async function argumentOf(value: unknown): Promise<unknown> {
  const attributes = [
    { key: "gen_ai.operation.name", value: { stringValue: "execute_tool" } },
    { key: "gen_ai.tool.name", value: { stringValue: "pay" } },
    { key: "gen_ai.tool.call.arguments", value: { kvlistValue: { values: [{ key: "x", value }] } } },
  ];
  const [payload] = payloadsOf(await readJson(traces([span("x", {}, { attributes })])));
  return (payload as { arguments: { x: unknown } }).arguments.x;
}

describe("values", () => {
  test.each([
    ["text", { stringValue: "a" }, "a"],
    ["an empty text", { stringValue: "" }, ""],
    ["true", { boolValue: true }, true],
    ["an integer as text", { intValue: "42" }, 42],
    ["an integer as a number", { intValue: -42 }, -42],
    ["an integer that no double has", { intValue: "9007199254740993" }, "9007199254740993"],
    ["a double", { doubleValue: 0.1 }, 0.1],
    ["not a number", { doubleValue: "NaN" }, "NaN"],
    ["bytes", { bytesValue: "AQI=" }, "AQI="],
    ["a list", { arrayValue: { values: [{ intValue: "1" }, {}] } }, [1, null]],
    ["an empty list", { arrayValue: {} }, []],
    [
      "members",
      { kvlistValue: { values: [{ key: "__proto__", value: { stringValue: "p" } }] } },
      JSON.parse('{"__proto__":"p"}'),
    ],
    ["nothing", {}, null],
  ])("%s", async (_, value, expected) => {
    expect(await argumentOf(value)).toEqual(expected);
  });

  test("integers beyond 2^53 keep their digits, as text or as numbers, with a note", async () => {
    const source = JSON.stringify(
      traces([span("x", { ...TOOL, "gen_ai.tool.call.arguments": { n: 7301946528812345677n } })]),
    );
    for (const text of [source, source.replace('"7301946528812345677"', "7301946528812345677")]) {
      const items = await read(text);
      expect(payloadsOf(items)).toMatchObject([{ arguments: { n: "7301946528812345677" } }]);
      expect(problemsOf(items)).toEqual([
        expect.stringContaining("number_as_text at 1 /resourceSpans/0/scopeSpans/0/spans/0"),
      ]);
    }
  });

  test("times as numbers are read to the nanosecond, without a note", async () => {
    const source = JSON.stringify(traces([span("x", TOOL)])).replace(/"(1795\d{15})"/g, "$1");
    const items = await read(source);
    expect(eventsOf(items)).toEqual(eventsOf(await readJson(traces([span("x", TOOL)]))));
    expect(problemsOf(items)).toEqual([]);
  });

  test("what is no value is an error, and the rest is stored", async () => {
    const attributes = [
      ...(span("x", TOOL) as { attributes: unknown[] }).attributes,
      { key: "gen_ai.tool.call.id", value: { intValue: "x" } },
      7,
    ];
    const items = await readJson(traces([span("x", {}, { attributes })]));
    expect(payloadsOf(items)).toMatchObject([{ tool: "pay" }]);
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("not_read at 1 /resourceSpans/0/scopeSpans/0/spans/0: has an attribute"),
    ]);
  });

  test("an attribute that is named twice: the first one, and a note", async () => {
    const attributes = [
      ...(span("x", TOOL) as { attributes: unknown[] }).attributes,
      { key: "gen_ai.tool.name", value: anyValue("other") },
    ];
    const items = await readJson(traces([span("x", {}, { attributes })]));
    expect(payloadsOf(items)).toMatchObject([{ tool: "pay" }]);
    expect(problemsOf(items)).toEqual([expect.stringContaining("duplicate_member")]);
  });
});

describe("ids", () => {
  test.each([
    ["upper case", "5B8EFFF798038103D269B633813FC60C", "EEE19B7EC3C1B174"],
    ["base64, as protobuf's own JSON has them", "W47/95gDgQPSabYzgT/GDA==", "7uGbfsPBsXQ="],
  ])("%s", async (_, traceId, spanId) => {
    const [event] = eventsOf(await readJson(traces([span("x", TOOL, { traceId, id: spanId })])));
    const [usual] = eventsOf(await readJson(traces([span("x", TOOL)])));
    expect(event).toEqual(usual);
  });

  test("a span without valid ids is known by its content", async () => {
    const source = traces([
      span("x", { ...TOOL, n: 1 }, { traceId: "", id: "0000000000000000" }),
      span("x", { ...TOOL, n: 2 }, { traceId: 5, id: undefined as unknown as string }),
    ]);
    const { reports, events } = await storeAll([JSON.stringify(source), JSON.stringify(source)]);
    expect(reports).toMatchObject([{ inserted: 2 }, { inserted: 0, duplicates: 2 }]);
    expect(events.every(({ traceId }) => traceId === undefined)).toBe(true);
  });
});

describe("times", () => {
  test("spans of one millisecond come out in the order of their nanoseconds", async () => {
    const spans = [5, 1, 3].map((ns) =>
      span(
        `execute_tool t${ns}`,
        { ...TOOL, "gen_ai.tool.name": `t${ns}` },
        { id: `aaaaaaaaaaaaaaa${ns}`, startTimeUnixNano: `179500000000000000${ns}` },
      ),
    );
    const { events } = await storeAll([JSON.stringify(traces(spans))]);
    expect(events.map(({ payload }) => (payload as { tool: string }).tool)).toEqual(["t1", "t3", "t5"]);
  });

  test("a span without a start has its end, one without both the time of its neighbour, which is said", async () => {
    const items = await readJson(
      traces([
        span("a", TOOL, { startTimeUnixNano: "0", endTimeUnixNano: "1795000000007000000" }),
        span("b", TOOL, { id: "aaaaaaaaaaaaaaaa", startTimeUnixNano: "soon", endTimeUnixNano: undefined }),
      ]),
    );
    expect(eventsOf(items).map(({ ts }) => ts.getTime())).toEqual([1_795_000_000_007, 1_795_000_000_007]);
    expect(payloadsOf(items)[0]).not.toHaveProperty("timeAssumed");
    expect(payloadsOf(items)[1]).toMatchObject({ timeAssumed: true });
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("unread_time at 1 /resourceSpans/0/scopeSpans/0/spans/1"),
    ]);
  });

  test("no time at all: that of the options", async () => {
    const start = new Date("2026-10-01T00:00:00Z");
    const items = await readJson(traces([span("b", TOOL, { startTimeUnixNano: "", endTimeUnixNano: "" })]), { start });
    expect(eventsOf(items)).toMatchObject([{ ts: start, payload: { timeAssumed: true } }]);
  });
});

describe("requests", () => {
  test("one a line, one document, or a list of them", async () => {
    const requests = [traces([span("a", TOOL)]), logs([log({ "event.name": "user_prompt", prompt: "hi" })])];
    const expected = eventsOf(await read(requests.map((request) => JSON.stringify(request)).join("\n")));
    expect(expected).toHaveLength(2);
    expect(eventsOf(await readJson(requests))).toEqual(expected);
    const document = JSON.stringify({ ...requests[0], ...requests[1] }, null, 2);
    const items = await read(document);
    expect(eventsOf(items)).toEqual(expected);
    expect(formatsOf(items)).toEqual(["otlp-json"]);
  });

  test("the names of before 2022", async () => {
    const usual = traces([span("a", TOOL)]);
    const old = JSON.stringify(usual)
      .replace("scopeSpans", "instrumentationLibrarySpans")
      .replace('"scope":', '"instrumentationLibrary":');
    expect(eventsOf(await read(old))).toEqual(eventsOf(await readJson(usual)));
  });

  test("metrics are left out, and that is said", async () => {
    const items = await read(
      `${JSON.stringify({ resourceMetrics: [] })}\n${JSON.stringify(traces([span("a", TOOL)]))}`,
    );
    expect(payloadsOf(items)).toHaveLength(1);
    expect(problemsOf(items)).toEqual([expect.stringContaining("left_out at 1 /resourceMetrics")]);
    expect(problemsOf(await readJson({ resourceMetrics: [] }))).toContainEqual(
      expect.stringContaining("nothing_found"),
    );
  });

  test.each([
    ["a line of something else", { a: 1 }, ""],
    ["no list", { resourceSpans: {} }, "/resourceSpans"],
    ["no resource", { resourceSpans: [1] }, "/resourceSpans/0"],
    ["no scope", { resourceSpans: [{ scopeSpans: ["x"] }] }, "/resourceSpans/0/scopeSpans/0"],
    ["no span", { resourceSpans: [{ scopeSpans: [{ spans: [null] }] }] }, "/resourceSpans/0/scopeSpans/0/spans/0"],
    [
      "no log record",
      { resourceLogs: [{ scopeLogs: [{ logRecords: [[]] }] }] },
      "/resourceLogs/0/scopeLogs/0/logRecords/0",
    ],
  ])("%s is named, and the others are read", async (_, bad, pointer) => {
    const items = await read(`${JSON.stringify(traces([span("a", TOOL)]))}\n${JSON.stringify(bad)}`);
    expect(payloadsOf(items)).toHaveLength(1);
    expect(problemsOf(items)).toEqual([expect.stringContaining(`not_read at ${`2 ${pointer}`.trim()}: `)]);
  });

  test("a document that is read in parts gives the same events", async () => {
    const resources = ["a", "b"].map((service) => {
      const spans = [1, 2, 3, 4].map((n) => span("x", { ...TOOL, n }, { id: `aaaaaaaaaaaaaa${service}${n}` }));
      return (traces(spans, { "service.name": service }) as { resourceSpans: object[] }).resourceSpans[0];
    });
    const document = JSON.stringify({ resourceSpans: resources }, null, 1);
    const whole = eventsOf(await read(document));
    expect(whole).toHaveLength(8);
    for (const partLength of [600, 1500, 4000]) {
      const reader = otlpJson.open({ agentId: undefined, timeZone: "UTC", decision: "observed", start: new Date(0) });
      const documents = await collect(readDocuments(bytes(document), { partLength }));
      expect(documents.length).toBeGreaterThan(1);
      const items = documents.flatMap((part) => ("value" in part ? [...reader.read(part)] : []));
      expect(eventsOf(items)).toEqual(whole);
      const [first] = documents;
      expect(first !== undefined && "value" in first && otlpJson.evidence(first.value)).toBeGreaterThan(0);
    }
  });

  test("named as another format, one message says what it is", async () => {
    const items = await read(recording("gen-ai"), { format: "anthropic" });
    expect(problemsOf(items)).toEqual([expect.stringContaining("looks like otlp-json")]);
  });
});
