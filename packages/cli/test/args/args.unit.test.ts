import { describe, expect, test } from "vitest";
import { toBucket } from "../../src/args/bucket.js";
import { parseDimensions } from "../../src/args/dimensions.js";
import { parsePayloadConditions, toFilter } from "../../src/args/filter.js";
import { parseIsoTime, parseTime } from "../../src/args/time.js";
import { parseChoice, parseInteger } from "../../src/args/values.js";
import { parseExpectedActive } from "../../src/commands/policy/versions.js";
import { UsageError } from "../../src/exit.js";

const NOW = Date.parse("2026-03-01T12:00:00Z");

describe("times", () => {
  test.each([
    ["2h", "2026-03-01T10:00:00.000Z"],
    ["7d", "2026-02-22T12:00:00.000Z"],
    ["1w", "2026-02-22T12:00:00.000Z"],
    ["30m", "2026-03-01T11:30:00.000Z"],
    ["45s", "2026-03-01T11:59:15.000Z"],
    ["now", "2026-03-01T12:00:00.000Z"],
    ["2026-02-28", "2026-02-28T00:00:00.000Z"],
    ["2024-02-29T23:59:59.9999Z", "2024-02-29T23:59:59.999Z"],
    ["2026-01-01T00:00+02:00", "2025-12-31T22:00:00.000Z"],
    ["2026-01-01 00:00:00-0530", "2026-01-01T05:30:00.000Z"],
  ])("%s", (text, expected) => {
    expect(parseTime("--from", text, NOW).toISOString()).toBe(expected);
  });

  test.each([
    "yesterday",
    "",
    "2h ago",
    "-2h",
    "2026-02-30",
    "2026-13-01",
    "2026-01-01T25:00Z",
    "12/01/2026",
    "0001-01-01",
  ])("%j is refused with what is allowed", (text) => {
    expect(() => parseTime("--from", text, NOW)).toThrow(/--from is ".*"; allowed: an ISO time/);
  });

  test("a time without a zone is refused, not guessed", () => {
    expect(() => parseTime("--to", "2026-01-01T10:00", NOW)).toThrow(/has no time zone; write 2026-01-01T10:00Z/);
    expect(parseIsoTime("2026-01-01T10:00:00")).toBeUndefined();
  });
});

describe("payload conditions", () => {
  test("JSON scalars are read as such, the rest as text", () => {
    expect(
      parsePayloadConditions(["/a=5", "/b=true", "/c=null", '/d="5"', "/e=x=y", "/f=", "/g={}", "/h~1i= 7 "]),
    ).toEqual({
      "/a": 5,
      "/b": true,
      "/c": null,
      "/d": "5",
      "/e": "x=y",
      "/f": "",
      "/g": "{}",
      "/h~1i": 7,
    });
  });

  test.each([["/a"], ["a=1"], ["/a~2=1"]])("%s is refused", (text) => {
    expect(() => parsePayloadConditions([text])).toThrow(UsageError);
  });

  test("one pointer twice is refused", () => {
    expect(() => parsePayloadConditions(["/a=1", "/a=2"])).toThrow("names /a twice");
  });
});

test("every option becomes its filter key; absent ones are absent", () => {
  expect(toFilter({}, NOW)).toEqual({});
  expect(
    toFilter(
      {
        agent: ["a", "b"],
        team: ["t"],
        org: ["o"],
        session: ["s"],
        trace: ["tr"],
        action: ["x"],
        decision: ["deny"],
        shadowDecision: ["allow"],
        rule: ["r"],
        tool: ["f"],
        eventId: ["e"],
        dryRun: false,
        payload: ["/k=1"],
        from: "1h",
        to: "now",
      },
      NOW,
    ),
  ).toEqual({
    agentId: ["a", "b"],
    teamId: ["t"],
    orgId: ["o"],
    sessionId: ["s"],
    traceId: ["tr"],
    action: ["x"],
    decision: ["deny"],
    shadowDecision: ["allow"],
    matchedRuleId: ["r"],
    tool: ["f"],
    eventId: ["e"],
    dryRun: false,
    payload: { "/k": 1 },
    from: new Date(NOW - 3_600_000),
    to: new Date(NOW),
  });
});

test("numbers, choices, dimensions, buckets and versions say what is allowed", () => {
  expect(parseInteger("--limit", "10", 1, 1000)).toBe(10);
  for (const text of ["0", "1001", "ten", "1.5", "", "1e3"]) {
    expect(() => parseInteger("--limit", text, 1, 1000)).toThrow("allowed: a whole number from 1 to 1000");
  }
  expect(() => parseChoice("--order", "newst", ["newest", "oldest"])).toThrow('Did you mean "newest"?');
  expect(parseDimensions("agent,rule,agent.metadata.model")).toEqual([
    "agentId",
    "matchedRuleId",
    "agent.metadata.model",
  ]);
  expect(parseDimensions("agentId")).toEqual(["agentId"]);
  expect(() => parseDimensions("agnt")).toThrow('Did you mean "agent"?');
  expect(() => parseDimensions("agent,agentId")).toThrow("names agentId twice");
  expect(toBucket({ bucket: "1h" })).toEqual({ every: "1h", timeZone: undefined });
  expect(() => toBucket({ bucket: "7h" })).toThrow('--bucket is "7h"');
  expect(() => toBucket({ bucket: "1h", timeZone: "Mars/Base" })).toThrow('--time-zone is "Mars/Base"');
  expect(() => toBucket({ timeZone: "UTC" })).toThrow("needs --bucket");
  expect(parseExpectedActive("none")).toBeNull();
  expect(parseExpectedActive("3")).toBe(3);
});
