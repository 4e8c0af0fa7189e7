import { isStorageError } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { type OtlpOptions, parseOtlpOptions } from "../../src/otlp/options.js";
import { parseRedaction } from "../../src/otlp/redaction.js";
import { span, TOOL_CALL, traces } from "../support/otlp-requests.js";
import { openOtlp } from "../support/otlp-server.js";

describe("redaction", () => {
  const payload = {
    tool: "pay",
    arguments: { card: "4111", "a/b": 1, list: [{ Password: "p" }, { password: { deep: true } }] },
    attributes: { "user.email": "a@example.com" },
  };

  test.each<[string[], object]>([
    [["/arguments/card"], { ...payload, arguments: { ...payload.arguments, card: "[redacted]" } }],
    [["/arguments/a~1b"], { ...payload, arguments: { ...payload.arguments, "a/b": "[redacted]" } }],
    [
      ["/arguments/list/0"],
      { ...payload, arguments: { ...payload.arguments, list: ["[redacted]", { password: { deep: true } }] } },
    ],
    [
      ["PASSWORD"],
      {
        ...payload,
        arguments: { ...payload.arguments, list: [{ Password: "[redacted]" }, { password: "[redacted]" }] },
      },
    ],
    [
      ["user.email", "/arguments"],
      { tool: "pay", arguments: "[redacted]", attributes: { "user.email": "[redacted]" } },
    ],
    [["/arguments/none", "/tool/x", "/arguments/list/9", "/arguments/list/x"], payload],
  ])("%j", (rules, expected) => {
    const before = structuredClone(payload);
    expect(parseRedaction("redact", rules)(payload)).toEqual(expected);
    expect(payload).toEqual(before);
  });

  test("names of members that every object has are names like others", () => {
    expect(parseRedaction("redact", ["/__proto__/x", "/constructor", "tostring"])(payload)).toEqual(payload);
    const own = JSON.parse('{"__proto__":{"x":"secret"}}') as typeof payload;
    expect(JSON.stringify(parseRedaction("redact", ["__proto__"])(own))).toBe('{"__proto__":"[redacted]"}');
    expect(JSON.stringify(parseRedaction("redact", ["/__proto__/x"])(own))).toBe('{"__proto__":{"x":"[redacted]"}}');
  });

  test("what is redacted is not stored, under whichever form it came", async () => {
    const { send, events } = await openOtlp({ otlp: { redact: ["card", "/result"] } });
    const attributes = {
      ...TOOL_CALL,
      "gen_ai.tool.call.arguments": '{"card":"4111 1111"}',
      "gen_ai.tool.call.result": "4111 1111 charged",
    };
    await send("/v1/traces", traces([span(attributes)]));
    const [event] = await events();
    expect(event?.payload).toMatchObject({ arguments: { card: "[redacted]" }, result: "[redacted]" });
    expect(JSON.stringify(event)).not.toContain("4111");
  });
});

describe("sizes", () => {
  test("an event of a call is stored, however much the tool answered", async () => {
    const { send, events } = await openOtlp();
    const attributes = { ...TOOL_CALL, "gen_ai.tool.call.result": "x".repeat(3_000_000) };
    expect(await (await send("/v1/traces", traces([span(attributes)]))).json()).toEqual({});
    const [event] = await events();
    expect(event?.payload).toMatchObject({ tool: "pay", result: { $truncated: { bytes: 3_000_000 } } });
  });

  test("what is kept of the attributes", async () => {
    const secret = { ...TOOL_CALL, "acme.note": "n" };
    const [known, all] = [await openOtlp(), await openOtlp({ otlp: { keepAttributes: "all" } })];
    for (const { send } of [known, all]) await send("/v1/traces", traces([span(secret)]));
    expect(JSON.stringify(await known.events())).not.toContain("acme.note");
    expect((await all.events())[0]?.payload).toMatchObject({ attributes: { "acme.note": "n" } });
  });
});

describe("the team of a token", () => {
  test("is that of its events, and events of another are refused", async () => {
    const { send, events } = await openOtlp({ identity: { teamId: "checkout" } });
    const other = { ...TOOL_CALL, "aasm.team_id": "fraud" };
    const response = await send("/v1/traces", traces([span(TOOL_CALL), span(other)]));
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedSpans: "1",
        errorMessage: "1 rejected: span 2 forbidden (is of another team than the token)",
      },
    });
    expect(await events()).toMatchObject([{ teamId: "checkout" }]);
  });
});

test.each<[string, unknown, string]>([
  ["options.otlp", 5, "must be an object"],
  ["options.otlp", { redacts: [] }, "redacts"],
  ["options.otlp.unmapped", { unmapped: "keep" }, 'must be "drop" or "store"'],
  ["options.otlp.keepAttributes", { keepAttributes: true }, 'must be "known" or "all"'],
  ["options.otlp.maxMemberBytes", { maxMemberBytes: 12 }, "from 1,024"],
  ["options.otlp.maxPayloadBytes", { maxPayloadBytes: 2 ** 40 }, "to 67,108,864"],
  ["options.otlp.redact", { redact: "card" }, "must be a list of texts"],
  ["options.otlp.redact[1]", { redact: ["card", 5] }, "must be a JSON Pointer or the name of a member"],
  ["options.otlp.redact[0]", { redact: ["/a~2"] }, "is no JSON Pointer"],
])("%s as %j is refused", (option, options, text) => {
  try {
    parseOtlpOptions(options as OtlpOptions);
    expect.unreachable();
  } catch (error) {
    if (!isStorageError(error, "invalid_argument")) throw error;
    expect(error.option ?? error.message).toContain(option.replace(/\.redacts$/, ""));
    expect(error.message.replaceAll(/(\d)(?=(\d{3})+(?!\d))/g, "$1,")).toContain(text);
  }
});
