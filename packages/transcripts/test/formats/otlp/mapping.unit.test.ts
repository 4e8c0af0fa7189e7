import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitPayload } from "../../../src/formats/otlp/fit-payload.js";
import {
  decodeRequest,
  type Mapped,
  type MappingOptions,
  mapRecords,
  type OtlpLog,
  type OtlpSpan,
  ownersIn,
} from "../../../src/otlp.js";
import { type Attributes, log, logs, type SpanParts, span, traces } from "../../support/otlp.js";

const TOOL = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay" };

function recordsOf(request: object): (OtlpSpan | OtlpLog)[] {
  return [...decodeRequest(request as JsonValue)].map((found) => {
    if ("kind" in found) throw new Error(found.reason);
    return found.record;
  });
}

function mapped(request: object, options: Partial<MappingOptions> = {}): Mapped[] {
  return [...mapRecords(recordsOf(request), { assumedTime: undefined, ...options })];
}

function payloadOf(attributes: Attributes, options: Partial<MappingOptions>, more?: SpanParts): JsonObject {
  const [one] = mapped(traces([span("execute_tool pay", { ...TOOL, ...attributes }, more)]), options);
  return one?.events[0]?.event.payload as JsonObject;
}

describe("why a record is no event", () => {
  test.each<[string, object]>([
    ["unrelated", traces([span("GET", { "http.request.method": "GET" })])],
    ["pending", traces([span("chat", { "gen_ai.operation.name": "chat", "logfire.span_type": "pending_span" })])],
    ["unknown_convention", traces([span("x", { "acme.tool.name": "pay" })])],
    ["no_tool", traces([span("execute_tool", { "gen_ai.operation.name": "execute_tool" })])],
    ["no_agent", traces([span("x", TOOL)], {})],
    ["no_time", traces([span("x", TOOL, { startTimeUnixNano: "0", endTimeUnixNano: "0" })])],
    ["unrelated", logs([log({}, { body: { stringValue: "started" } })])],
    ["unknown_convention", logs([log({ "event.name": "acme.tool_started" })])],
  ])("%s", (refusal, request) => {
    expect(mapped(request)).toMatchObject([{ events: [], refusal }]);
  });

  test("an event has none, and neither has a record that gets the time of its neighbour", () => {
    const late = span("y", TOOL, { id: "aaaaaaaaaaaaaaaa", startTimeUnixNano: "0", endTimeUnixNano: "0" });
    expect(mapped(traces([late, span("x", TOOL)])).map(({ refusal }) => refusal)).toEqual([undefined, undefined]);
  });

  test("messages in a span that is no event are events all the same", () => {
    const events = [{ name: "gen_ai.user.message", timeUnixNano: "1795000000001000000", attributes: [] }];
    expect(mapped(traces([span("GET", {}, { events })]))).toMatchObject([
      { refusal: "unrelated", events: [{ event: { action: "message" } }] },
    ]);
  });
});

describe("records of no convention, where they are to be stored", () => {
  test("spans", () => {
    const [one] = mapped(traces([span("GET", { "server.address": "a.example", "http.route": "/x" })]), {
      unmapped: "store",
    });
    expect(one?.events[0]?.event).toMatchObject({
      action: "span",
      decision: "observed",
      agentId: "shop",
      payload: { span: { name: "GET" }, attributes: { "server.address": "a.example" } },
    });
    expect(one?.events[0]?.event.payload).not.toHaveProperty("attributes.http.route");
  });

  test("a span that is still running comes again when it has ended", () => {
    const pending = span("chat", { "gen_ai.operation.name": "chat", "logfire.span_type": "pending_span" });
    expect(mapped(traces([pending]), { unmapped: "store" })).toMatchObject([{ events: [], refusal: "pending" }]);
  });

  test("log records keep their body", () => {
    const [one] = mapped(logs([log({}, { body: { stringValue: "started" } })]), { unmapped: "store" });
    expect(one?.events[0]?.event).toMatchObject({ action: "log", payload: { content: "started" } });
    expect(one?.events[0]?.event.payload).not.toHaveProperty("event");
  });
});

describe("the team of the sender", () => {
  test.each<[string, Attributes, Attributes]>([
    ["named", { "aasm.team_id": "named" }, { "team.id": "other" }],
    ["sender", {}, { "team.id": "other" }],
  ])("%s", (teamId, attributes, resource) => {
    const request = traces([span("x", { ...TOOL, ...attributes })], { "service.name": "shop", ...resource });
    expect(mapped(request, { teamId: "sender" })).toMatchObject([{ events: [{ event: { teamId } }] }]);
  });

  test("the same rule for measurements", () => {
    const resource = new Map<string, JsonValue>([
      ["service.name", "shop"],
      ["team.id", "other"],
    ]);
    expect(ownersIn(new Map(), resource, "sender")).toEqual({ agentId: "shop", teamId: "sender" });
    const own = new Map<string, JsonValue>([
      ["gen_ai.agent.name", "booker"],
      ["aasm.team_id", "named"],
    ]);
    expect(ownersIn(own, resource, "sender")).toEqual({ agentId: "booker", teamId: "named" });
    expect(ownersIn(new Map(), new Map(), undefined)).toEqual({ agentId: undefined, teamId: undefined });
  });
});

function cut(text: string): object {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { $truncated: { bytes: Buffer.byteLength(text), sha256, head: text.slice(0, 256) } };
}

describe("payloads that are too large", () => {
  const limits = { memberBytes: 2000, payloadBytes: 8000 };

  test("a member is cut to its size, digest and beginning; the others stay", () => {
    const text = "ä".repeat(1500);
    const args = { list: Array.from({ length: 500 }, (_, n) => n) };
    const payload = payloadOf(
      { "gen_ai.tool.call.result": text, "gen_ai.tool.call.arguments": args, "gen_ai.tool.call.id": "c1" },
      { limits },
    );
    expect(payload).toMatchObject({ tool: "pay", toolCallId: "c1", result: cut(text) });
    expect(payload.arguments).toEqual(args);
    const smaller = payloadOf({ "gen_ai.tool.call.arguments": args }, { limits: { ...limits, memberBytes: 1000 } });
    expect(smaller.arguments).toEqual(cut(JSON.stringify(args)));
  });

  test("so is an attribute, and the rest of the attributes stays", () => {
    const payload = payloadOf({ "server.address": "x".repeat(3000), "gen_ai.tool.type": "function" }, { limits });
    expect(payload.attributes).toEqual({ "server.address": cut("x".repeat(3000)), "gen_ai.tool.type": "function" });
  });

  test("while the whole is too large, the largest member is cut", () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`server.a${n}`, "x".repeat(190)]));
    const payload = payloadOf({ ...many, "gen_ai.tool.call.result": "y".repeat(1800) }, { limits });
    expect(payload.result).toBe("y".repeat(1800));
    expect(payload.attributes).toHaveProperty("$truncated");
  });

  test("without limits nothing is cut", () => {
    expect(payloadOf({ "gen_ai.tool.call.result": "x".repeat(100_000) }, {}).result).toHaveLength(100_000);
  });

  test("whatever is in a payload, what fits stays as it is, and what does not is cut to what does", () => {
    const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
    const member = fc.oneof(value, fc.string({ unit: "binary", maxLength: 900 }));
    const payloads = fc.dictionary(fc.string({ maxLength: 8 }), member, { maxKeys: 12, noNullPrototype: true });
    fc.assert(
      fc.property(payloads, fc.boolean(), (given, hasAttributes) => {
        const payload = (hasAttributes ? { tool: "pay", attributes: given } : given) as JsonObject;
        const before = JSON.stringify(payload);
        const fitted = fitPayload(payload, { memberBytes: 1024, payloadBytes: 6000 });
        expect(JSON.stringify(payload)).toBe(before);
        expect(Object.keys(fitted)).toEqual(Object.keys(payload));
        expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(30_000);
        for (const [name, own] of Object.entries(payload)) {
          if (name === "attributes") continue;
          const fits = Buffer.byteLength(JSON.stringify(own)) <= 1024;
          if (fits && Buffer.byteLength(before) <= 6000) expect(fitted[name]).toBe(own);
          if (!fits) expect(fitted[name]).toHaveProperty("$truncated");
        }
      }),
      { numRuns: 300 },
    );
  });

  test("redaction comes first: what it takes out is in no digest", () => {
    const secret = "s".repeat(3000);
    const redact = (payload: JsonObject): JsonObject => ({ ...payload, result: "[redacted]" });
    expect(payloadOf({ "gen_ai.tool.call.result": secret }, { limits, redact }).result).toBe("[redacted]");
  });
});
