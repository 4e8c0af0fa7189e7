import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventParts } from "../../src/audit/parts.js";
import { type AuditEventRow, sameContent, toAuditEvent } from "../../src/audit/row.js";
import { toolOf } from "../../src/audit/tool.js";
import { findParts, markerOf, mergeMarkers, withoutParts } from "../../src/erasure/event-parts.js";
import type { JsonValue } from "../../src/support/json.js";

function row(payload: JsonValue | undefined, members: Partial<AuditEventRow> = {}): AuditEventRow {
  return {
    ts: 1,
    recordedAt: 2,
    eventId: "00000000-0000-7000-8000-000000000001",
    agentId: "subject",
    teamId: null,
    orgId: null,
    sessionId: "session",
    traceId: null,
    action: "tool_call",
    decision: "allow",
    dryRun: false,
    shadowDecision: null,
    matchedRuleId: null,
    tool: toolOf(payload),
    payload: payload === undefined ? null : JSON.stringify(payload),
    ...members,
  };
}

const wide = (count: number): { [name: string]: JsonValue } =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${String(n).padStart(2, "0")}`, n]));

/** Erases as a store does, one request after another. @returns the row and its marker */
function eraseAll(event: AuditEventRow, requests: readonly (readonly string[])[]): [AuditEventRow, readonly string[]] {
  let [stored, marker]: [AuditEventRow, readonly string[]] = [event, []];
  for (const wanted of requests) {
    const { parts } = findParts(stored, new Set(wanted), marker);
    if (parts.length === 0) continue;
    stored = withoutParts(stored, [...marker, ...parts]);
    marker = markerOf(marker, parts, stored.payload);
  }
  return [stored, marker];
}

const names = fc.oneof(
  fc.constantFrom("tool", "a", "a/b", "a~b", "", "__proto__", "constructor", "7", "ü"),
  fc.integer({ min: 0, max: 45 }).map((n) => `m${String(n).padStart(2, "0")}`),
);
const payloads: fc.Arbitrary<JsonValue | undefined> = fc.oneof(
  fc.dictionary(names, fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<JsonValue>, { maxKeys: 45 }),
  fc.integer({ min: 30, max: 45 }).map(wide),
  fc.constantFrom<JsonValue | undefined>(undefined, null, "text", 7, [], {}, [{ a: 1 }]),
);

describe("parts of a row", () => {
  it("are those that are committed to", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const event = row(payload);
        const all = new Set(["agentId", "sessionId", "traceId", "payload"]);
        const committed = eventParts(toAuditEvent(event))
          .filter(({ name, value }) => name !== "what" && !(name === "traceId" && value === null))
          .map(({ name }) => name);
        expect(findParts(event, all, []).parts).toEqual(committed);
      }),
    );
  });

  it("are gone once they were erased, and an event from before or after the erasure is left the same", () => {
    const parts = (payload: JsonValue | undefined): string[] => [
      "payload",
      ...eventParts(toAuditEvent(row(payload))).map(({ name }) => name),
    ];
    fc.assert(
      fc.property(
        payloads.chain((payload) =>
          fc.tuple(fc.constant(payload), fc.array(fc.subarray(parts(payload)), { maxLength: 4 })),
        ),
        ([payload, requests]) => {
          const event = row(payload);
          const [stored, marker] = eraseAll(event, requests);
          expect(withoutParts(stored, marker)).toBe(stored);
          expect(sameContent(withoutParts(event, marker), stored)).toBe(true);
          for (const wanted of requests) expect(findParts(stored, new Set(wanted), marker).parts).toEqual([]);
          expect(stored.tool).toBe(toolOf(stored.payload === null ? undefined : JSON.parse(stored.payload)));
          // In another order the same is left.
          const [other] = eraseAll(event, requests.toReversed());
          expect(sameContent(other, stored)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("members behind the 32nd", () => {
  it("are one part, and keep their places when others are gone", () => {
    const event = row(wide(40));
    expect(findParts(event, new Set(["payload:/m33", "payload:/m01"]), [])).toEqual({
      parts: ["payload:/m01"],
      inRest: ["payload:/m33"],
    });
    const [stored, marker] = eraseAll(event, [["payload:/m01", "payload:/m02"]]);
    expect(findParts(stored, new Set(["payload:/m31"]), marker).parts).toEqual(["payload:/m31"]);
    expect(findParts(stored, new Set(["payload:/m32"]), marker).inRest).toEqual(["payload:/m32"]);
    expect(findParts(stored, new Set(["payload:*", "payload:/m32"]), marker)).toEqual({
      parts: ["payload:*"],
      inRest: [],
    });
  });
});

describe("markers", () => {
  it("name no member of a payload that is gone as a whole", () => {
    expect(markerOf([], ["sessionId", "payload:/a"], '{"b":1}')).toEqual(["payload:/a", "sessionId"]);
    expect(markerOf(["payload:/a"], ["payload:/b"], null)).toEqual(["payload"]);
    expect(markerOf([], ["agentId"], null)).toEqual(["agentId"]);
    expect(mergeMarkers(["payload:/a", "agentId"], ["payload"])).toEqual(["agentId", "payload"]);
  });
});
