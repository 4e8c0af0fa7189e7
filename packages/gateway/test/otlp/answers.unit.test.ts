import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { problemOf } from "../../src/http/problem.js";
import { statusResponse } from "../../src/otlp/answers.js";
import { MAX_DEPTH, MAX_ITEMS } from "../../src/otlp/undecodable.js";
import { TestGateway } from "../support/gateway.js";
import {
  fromProtobuf,
  JSON_TYPE,
  keyValues,
  metrics,
  nowNano,
  PROTOBUF,
  span,
  TOOL_CALL,
  toProtobuf,
  traces,
} from "../support/otlp-requests.js";
import { openOtlp } from "../support/otlp-server.js";

const PATHS = ["/v1/traces", "/v1/logs", "/v1/metrics"] as const;
const GOOD = traces([span(TOOL_CALL)]);

describe("what is stored", () => {
  test.each(PATHS)("%s: an empty request is answered with an empty message of its own encoding", async (path) => {
    const { send } = await openOtlp();
    const json = await send(path, "{}");
    expect([json.status, json.headers.get("content-type"), await json.text()]).toEqual([200, "application/json", "{}"]);
    const protobuf = await send(path, new Uint8Array(), PROTOBUF);
    expect([protobuf.status, protobuf.headers.get("content-type")]).toEqual([200, "application/x-protobuf"]);
    expect((await protobuf.arrayBuffer()).byteLength).toBe(0);
  });

  test("the same request twice: both are answered alike, and the event is there once", async () => {
    const { send, events } = await openOtlp();
    for (const _ of [1, 2]) expect(await (await send("/v1/traces", GOOD)).text()).toBe("{}");
    expect(await events()).toHaveLength(1);
  });

  test("media types may have parameters, and any case", async () => {
    const { send, events } = await openOtlp();
    expect((await send("/v1/traces", GOOD, { "content-type": "Application/JSON; charset=utf-8" })).status).toBe(200);
    expect(await events()).toHaveLength(1);
  });
});

describe("what is rejected in part", () => {
  const old = { startTimeUnixNano: "1000000000000000000" };
  const request = [
    span(TOOL_CALL),
    span(TOOL_CALL, old),
    span({ "gen_ai.operation.name": "execute_tool" }, { name: "" }),
  ];
  const text =
    "2 rejected: span 2 out_of_range (its time lies further from now than the store accepts), span 3 invalid_argument (is a call without the name of a tool)";

  test("JSON: the number as text, and the codes and places of the first ones", async () => {
    const { send, events, counters } = await openOtlp();
    const response = await send("/v1/traces", traces(request));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ partialSuccess: { rejectedSpans: "2", errorMessage: text } });
    expect(await events()).toHaveLength(1);
    expect(await counters()).toEqual([
      'aasm_otlp_received_total{signal="traces"} 3',
      'aasm_otlp_rejected_total{code="out_of_range"} 1',
      'aasm_otlp_rejected_total{code="invalid_argument"} 1',
    ]);
  });

  test("protobuf", async () => {
    const { send } = await openOtlp();
    const attributes = Object.entries(TOOL_CALL).map(([key, value]) => ({
      key,
      value: { value: { case: "stringValue", value } },
    }));
    const body = toProtobuf("ExportTraceServiceRequest", {
      resources: [{ scopes: [{ records: [{ attributes, startTimeUnixNano: BigInt(nowNano()) }] }] }],
    });
    const response = await send("/v1/traces", body, PROTOBUF);
    expect(response.status).toBe(200);
    expect(await fromProtobuf("ExportResponse", response)).toMatchObject({
      partialSuccess: {
        rejected: 1n,
        errorMessage: "1 rejected: span 1 invalid_argument (names no agent: set service.name or gen_ai.agent.name)",
      },
    });
  });

  test("the same ids with other content: conflict, and the stored event stays", async () => {
    const { send, events } = await openOtlp();
    const [first, other] = [span(TOOL_CALL), span(TOOL_CALL)];
    await send("/v1/traces", traces([first]));
    const changed = { ...first, attributes: keyValues({ ...TOOL_CALL, "gen_ai.tool.name": "refund" }) };
    const { partialSuccess } = (await (await send("/v1/traces", traces([other, changed]))).json()) as {
      partialSuccess: object;
    };
    expect(partialSuccess).toMatchObject({
      rejectedSpans: "1",
      errorMessage: expect.stringContaining("span 2 conflict"),
    });
    expect((await events()).map(({ payload }) => (payload as { tool: string }).tool)).toEqual(["pay", "pay"]);
  });

  test("more than five: five are named, in at most a kilobyte, and none of their values", async () => {
    const { send } = await openOtlp();
    const bad = Array.from({ length: 40 }, () => span({ ...TOOL_CALL, secret: "hunter2" }, old));
    const { partialSuccess } = (await (await send("/v1/traces", traces(bad))).json()) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string };
    };
    expect(partialSuccess.rejectedSpans).toBe("40");
    expect(partialSuccess.errorMessage).toMatch(/^40 rejected: span 1 .*span 5 out_of_range .*, and others$/);
    expect(partialSuccess.errorMessage.length).toBeLessThanOrEqual(1024);
    expect(partialSuccess.errorMessage).not.toContain("hunter2");
  });

  test("a cumulative sum is rejected with the advice, and what else came with it is stored", async () => {
    const { send, storage } = await openOtlp();
    const points = [{ timeUnixNano: nowNano(), asInt: "3" }];
    const request = metrics([
      { name: "tokens", sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: points } },
      { name: "cost", sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: points } },
    ]);
    expect(await (await send("/v1/metrics", request)).json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: "1",
        errorMessage:
          "1 rejected: data point 1 invalid_argument (is cumulative: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta)",
      },
    });
    expect((await storage.metrics.list({ prefix: "cost" })).map(({ name }) => name)).toEqual(["cost"]);
  });
});

describe("what is left out on purpose", () => {
  const http = traces([span({ "http.request.method": "GET" }, { name: "GET" }), span(TOOL_CALL)]);

  test("is said once an hour, as a warning with nothing rejected", async () => {
    let now = Date.now();
    const { send, counters } = await openOtlp({ now: () => now });
    const first = (await (await send("/v1/traces", http)).json()) as { partialSuccess: object };
    expect(first.partialSuccess).toEqual({
      rejectedSpans: "0",
      errorMessage: expect.stringMatching(
        /^1 of 2 spans tell of no work of an agent and are not stored: 1 unrelated\./,
      ),
    });
    expect(await (await send("/v1/traces", http)).json()).toEqual({});
    now += 3_600_001;
    expect(await (await send("/v1/traces", http)).json()).toHaveProperty("partialSuccess");
    expect(await counters()).toContain('aasm_otlp_ignored_total{reason="unrelated"} 3');
  });

  test("is stored where that is asked for", async () => {
    const { send, events } = await openOtlp({ otlp: { unmapped: "store" } });
    expect(await (await send("/v1/traces", http)).json()).toEqual({});
    expect((await events()).map(({ action }) => action).sort()).toEqual(["span", "tool_call"]);
  });
});

/** A list within a list, so many levels deep. */
function nested(levels: number): object {
  return levels === 0 ? { intValue: 1 } : { arrayValue: { values: [nested(levels - 1)] } };
}

/** The same as the library's message. */
function nestedMessage(levels: number): object {
  if (levels === 0) return { value: { case: "intValue", value: 1n } };
  return { value: { case: "arrayValue", value: { values: [nestedMessage(levels - 1)] } } };
}

const withValue = (value: object): string =>
  traces([span({}, { attributes: [...keyValues(TOOL_CALL), { key: "gen_ai.tool.call.arguments", value }] })]);

describe("what cannot be decoded", () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, object, string]>([
    ["no JSON", "{", JSON_TYPE, "ends too early"],
    ["no object", "[]", JSON_TYPE, "an object was expected"],
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), JSON_TYPE, "is no text in UTF-8"],
    ["a member twice", '{"resourceSpans":[],"resourceSpans":[]}', JSON_TYPE, "names a member twice"],
    ["no list", '{"resourceSpans":{}}', JSON_TYPE, "has at /resourceSpans something that is no list"],
    ["no span", traces([7 as unknown as object]), JSON_TYPE, "is no span"],
    ["no attribute", traces([span({}, { attributes: [5] })]), JSON_TYPE, "cannot be read"],
    ["deep values", withValue(nested(MAX_DEPTH + 1)), JSON_TYPE, "nested deeper than 64 levels"],
    ["brackets", "[".repeat(100_000), JSON_TYPE, "nested deeper than 64 levels"],
    ["many items", traces(Array.from({ length: MAX_ITEMS + 1 }, () => ({}))), JSON_TYPE, "more than 10000 items"],
    ["many values", `{"x":[${"1,".repeat(3_000_000)}1]}`, JSON_TYPE, "more than 500000 attributes and values"],
    ["no protobuf", new Uint8Array([0x0a, 0x7f, 0x01]), PROTOBUF, "is no export request in protobuf"],
    ["a field of number 0", new Uint8Array([0x00, 0x01]), PROTOBUF, "is no export request in protobuf"],
    ["half a number", new Uint8Array([0xff, 0xff]), PROTOBUF, "is no export request in protobuf"],
    [
      "deep values in protobuf",
      toProtobuf("ExportTraceServiceRequest", {
        resources: [{ scopes: [{ records: [{ attributes: [{ key: "a", value: nestedMessage(MAX_DEPTH + 1) }] }] }] }],
      }),
      PROTOBUF,
      "nested deeper than 64 levels",
    ],
    [
      "many items in protobuf",
      toProtobuf("ExportTraceServiceRequest", {
        resources: [{ scopes: [{ records: Array.from({ length: MAX_ITEMS + 1 }, () => ({})) }] }],
      }),
      PROTOBUF,
      "more than 10000 items",
    ],
    [
      "many values in protobuf",
      toProtobuf("ExportTraceServiceRequest", {
        resources: [{ scopes: [{ records: [{ attributes: Array.from({ length: 500_001 }, () => ({})) }] }] }],
      }),
      PROTOBUF,
      "more than 500000 attributes and values",
    ],
  ])("%s: 400 with a Status in the encoding of the request", async (_, body, headers, reason) => {
    const { send, events } = await openOtlp();
    const response = await send("/v1/traces", body, { ...headers });
    expect(response.status).toBe(400);
    const status =
      headers === PROTOBUF ? await fromProtobuf("RpcStatus", response) : ((await response.json()) as object);
    expect(status).toMatchObject({ code: 3, message: expect.stringContaining(reason) });
    expect(await events()).toEqual([]);
  });

  test("values as deep as may be are read in both encodings", async () => {
    const { send } = await openOtlp();
    expect((await send("/v1/traces", withValue(nested(MAX_DEPTH)))).status).toBe(200);
    const body = toProtobuf("ExportTraceServiceRequest", {
      resources: [{ scopes: [{ records: [{ attributes: [{ key: "a", value: nestedMessage(MAX_DEPTH) }] }] }] }],
    });
    expect((await send("/v1/traces", body, PROTOBUF)).status).toBe(200);
  });

  test("as many items as may be are taken", async () => {
    const { send } = await openOtlp();
    const body = traces(Array.from({ length: MAX_ITEMS }, () => ({})));
    expect((await send("/v1/traces", body)).status).toBe(200);
  });
});

describe("what is not read at all", () => {
  test.each<[number, Readonly<Record<string, string>>, string]>([
    [415, { "content-type": "text/plain" }, "Send application/x-protobuf or application/json"],
    [415, { "content-type": "" }, "Send application/x-protobuf or application/json"],
    [
      415,
      { "content-type": "application/grpc" },
      "gRPC is not supported. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    ],
    [415, { "content-type": "application/grpc+proto" }, "gRPC is not supported"],
    [415, { "content-encoding": "br" }, "gzip"],
    [413, { "content-length": String(21 * 1024 * 1024) }, "larger than"],
  ])("%i for %j", async (status, headers, hint) => {
    const { send, events } = await openOtlp();
    const response = await send("/v1/traces", GOOD, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining(hint) });
    expect(await events()).toEqual([]);
  });

  test("the paths of gRPC: 415 with the hint", async () => {
    const { send } = await openOtlp();
    const response = await send("/opentelemetry.proto.collector.trace.v1.TraceService/Export", "", {
      "content-type": "application/grpc",
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ detail: "gRPC is not supported" });
  });

  test("a body that unzips to more than is read: 413", async () => {
    const { send } = await openOtlp();
    const bomb = gzipSync(Buffer.alloc(30 * 1024 * 1024));
    const response = await send("/v1/traces", bomb, { ...PROTOBUF, "content-encoding": "gzip" });
    expect(response.status).toBe(413);
    expect(await fromProtobuf("RpcStatus", response)).toMatchObject({ code: 8 });
  });

  test("other methods: 405, which names the one", async () => {
    const { app } = await openOtlp();
    const response = await app.request("/v1/logs");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("a token without the scope: 403, before the body is looked at", async () => {
    const { send } = await openOtlp({ identity: { scopes: new Set(["read"]) } });
    const response = await send("/v1/traces", "no JSON");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 7, message: expect.stringContaining("ingest") });
  });

  test("more bytes at a time than are allowed: 429 with the time to come back", async () => {
    const { send, events } = await openOtlp({ limits: { inFlightBytes: 100 } });
    const response = await send("/v1/traces", GOOD);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await response.json()).toMatchObject({ code: 8, message: expect.stringContaining("too many bytes") });
    expect(await events()).toEqual([]);
  });

  test("no token: 401 from the gateway as a whole, in the encoding of the request", async () => {
    await using gateway = await TestGateway.open();
    const headers = { ...PROTOBUF };
    const response = await gateway.send("POST /v1/traces", { headers, body: "no protobuf" });
    expect([response.status, response.headers.get("content-type")]).toEqual([401, PROTOBUF["content-type"]]);
    expect(await fromProtobuf("RpcStatus", response)).toMatchObject({ code: 16 });
    const token = await gateway.token({ scopes: ["ingest"] });
    const known = { ...JSON_TYPE, authorization: `Bearer ${token}` };
    expect((await gateway.send("POST /v1/traces", { headers: known, body: GOOD })).status).toBe(200);
    await gateway.gateway.close();
    const closing = await gateway.send("POST /v1/traces", { headers: known, body: GOOD });
    expect([closing.status, closing.headers.get("retry-after"), await closing.json()]).toEqual([
      503,
      "2",
      { code: 14, message: "the gateway is shutting down" },
    ]);
  });

  test("while the gateway closes: 503 with the time to come back", async () => {
    const { send, closing } = await openOtlp();
    closing.abort();
    const response = await send("/v1/traces", GOOD);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "2"]);
  });
});

test.each<[StorageErrorCode, number, string | null]>([
  ["busy", 503, "2"],
  ["unavailable", 503, "2"],
  ["timeout", 503, "2"],
  ["closed", 503, "2"],
  ["full", 503, "2"],
  ["permission_denied", 503, "2"],
  ["schema_outdated", 503, "2"],
  ["internal", 500, null],
  ["corrupt", 500, null],
])("a store that fails with %s: %i, without a word of what happened", async (code, status, retryAfter) => {
  const error = new StorageError({
    code,
    message: "SELECT secret FROM stored",
    location: { kind: "PostgreSQL", place: "db:5432" },
  });
  for (const encoding of ["json", "protobuf"] as const) {
    const response = statusResponse(encoding, problemOf(error));
    expect([response.status, response.headers.get("retry-after")]).toEqual([status, retryAfter]);
    expect(await response.text()).not.toMatch(/SELECT|secret|db:5432/);
  }
});

test("the request of the documentation is stored in part", async () => {
  const { send, events } = await openOtlp();
  const text = readFileSync(new URL("../../../../docs/examples/mixed.json", import.meta.url), "utf8");
  const response = await send("/v1/traces", text.replaceAll("NOW", nowNano()));
  expect(await response.json()).toMatchObject({
    partialSuccess: { rejectedSpans: "1", errorMessage: expect.stringMatching(/^1 rejected: span 2 out_of_range /) },
  });
  expect(await events()).toMatchObject([{ action: "tool_call", payload: { tool: "pay", arguments: { eur: 3 } } }]);
});
