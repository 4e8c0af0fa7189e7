import type { AuditFilter, Bucket, JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { OPTIONAL_TEXT_MEMBERS, type OptionalTextMember } from "@agent-assembly/storage-core/backend";
import fc from "fast-check";
import { NOW, uuid } from "../support/fixtures.js";

/** `undefined` stands for a member that is left out. */
export const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });

// Small spaces, so that keys collide, filters hit, and revisions meet.
export const time = fc.integer({ min: -3, max: 6 }).map((step) => new Date(NOW + step * 1_800_000));
const DAY_MS = 86_400_000;
/**
 * Mostly near; else far enough from it that every backend keeps it in another partition, and all of one day within the
 * same: partitions are up to a week long.
 */
export const eventTime = fc.oneof(
  { weight: 8, arbitrary: time },
  {
    weight: 3,
    arbitrary: fc
      .tuple(time, fc.constantFrom(-10, -20))
      .map(([near, days]) => new Date(near.getTime() + days * DAY_MS)),
  },
);
export const eventId = fc.integer({ min: 0, max: 5 }).map(uuid);
export const name = fc.constantFrom("a", "a1", "A", "a%", "é", "😀", "\uffff", "'; --");
export const badText = fc.constantFrom("", "a\u0000", "\ud800", "x".repeat(513));
export const scalar = fc.constantFrom<(string | number | boolean | null)[]>(
  "a",
  "\ud800",
  "\u0000",
  "",
  0,
  1,
  1.5,
  -7,
  true,
  false,
  null,
);
/** More members than are parts of their own. */
const wide = Object.fromEntries(Array.from({ length: 36 }, (_, n) => [`m${String(n).padStart(2, "0")}`, n]));
const payload: fc.Arbitrary<JsonValue> = fc.oneof(
  scalar,
  fc.constantFrom<JsonValue[]>(
    { tool: "a" },
    { tool: "😀", v: 1 },
    { v: { w: ["a", null] } },
    { "": "\ufffd" },
    [],
    wide,
  ),
  fc.dictionary(fc.constantFrom("v", "tool", "a/b", ""), scalar, { maxKeys: 2 }),
);
const optionalNames = Object.fromEntries(OPTIONAL_TEXT_MEMBERS.map((member) => [member, name])) as Record<
  OptionalTextMember,
  typeof name
>;
export const newEvent: fc.Arbitrary<NewAuditEvent> = fc
  .record({
    ts: eventTime,
    eventId,
    agentId: fc.oneof({ weight: 12, arbitrary: name }, { weight: 1, arbitrary: badText }),
    action: fc.constantFrom("tool_call", "message"),
    decision: fc.constantFrom("allow", "deny"),
    optional: fc.record({ ...optionalNames, dryRun: fc.boolean(), payload }, { requiredKeys: [] }),
  })
  .map(({ optional, ...required }) => ({ ...required, ...optional }));

const pointer = fc.constantFrom("/v", "/tool", "/a~1b", "/", "", "/v/w/0", "/v/w/1", "/0");
export const oneOrMany = fc.oneof(name, fc.array(name, { maxLength: 3 }), badText);
export const filter: fc.Arbitrary<AuditFilter> = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      from: eventTime,
      to: time,
      eventId,
      agentId: oneOrMany,
      teamId: oneOrMany,
      tool: oneOrMany,
      decision: fc.constantFrom("allow", "deny", "other"),
      dryRun: fc.boolean(),
      payload: fc.dictionary(pointer, scalar, { maxKeys: 2 }),
    },
    { requiredKeys: [] },
  ),
);

export const bucket: fc.Arbitrary<Bucket> = fc.record({
  every: fc.constantFrom("30m", "1h", "6h", "1d", "1w", "1mo"),
  timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu"),
});
