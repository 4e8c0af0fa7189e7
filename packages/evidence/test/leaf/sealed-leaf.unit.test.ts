import type { AuditEvent, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeEntry, eventEntry, leafHash, partSalt } from "../../src/index.js";
import { eventLeafHash, sealedEntry } from "../../src/leaf/sealed-leaf.js";

const optional = fc.option(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), { nil: undefined });
const payload = fc.option(
  fc.oneof(
    fc.jsonValue({ noUnicodeString: false } as never) as fc.Arbitrary<JsonValue>,
    fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue() as fc.Arbitrary<JsonValue>, { maxKeys: 40 }),
  ),
  { nil: undefined },
);

const event = fc
  .record({
    ts: fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
    recordedAt: fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
    eventId: fc.uuid(),
    agentId: fc.string({ minLength: 1 }),
    action: fc.constantFrom("tool_call", "policy_decision"),
    decision: fc.constantFrom("allow", "deny"),
    dryRun: fc.boolean(),
    sessionId: optional,
    traceId: optional,
    teamId: optional,
    orgId: optional,
    matchedRuleId: optional,
    shadowDecision: optional,
    payload,
  })
  .map((members) => {
    const present = Object.entries(members).filter(([, value]) => value !== undefined);
    return Object.fromEntries(present) as unknown as AuditEvent;
  });

describe("the leaf of an event", () => {
  it("is that of its entry", () => {
    fc.assert(
      fc.property(event, fc.uint8Array({ minLength: 32, maxLength: 32 }), (one, seed) => {
        const entry = encodeEntry(eventEntry(one, (part) => partSalt(seed, part)));
        expect(sealedEntry(one, seed)).toBe(Buffer.from(entry).toString());
        expect(Buffer.from(eventLeafHash(one, seed))).toEqual(Buffer.from(leafHash(entry)));
      }),
      { numRuns: 300 },
    );
  });

  it("is that of its entry where a payload is longer than what was made room for", () => {
    const one = fc.sample(event, { numRuns: 1, seed: 7 })[0] as AuditEvent;
    const long: AuditEvent = { ...one, payload: { text: "ü".repeat(20_000), more: "x" } };
    const seed = new Uint8Array(32).fill(9);
    const entry = encodeEntry(eventEntry(long, (part) => partSalt(seed, part)));
    expect(sealedEntry(long, seed)).toBe(Buffer.from(entry).toString());
  });
});
