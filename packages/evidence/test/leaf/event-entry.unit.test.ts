import { createHash } from "node:crypto";
import type { AuditEvent, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  commitPart,
  compareEvent,
  ERASED_AGENT_ID,
  type EventDifference,
  type EventEntry,
  encodeEntry,
  eventEntry,
  eventParts,
  leafSeed,
  parseEntry,
  partSalt,
  puncture,
} from "../../src/index.js";

const NODES = [{ depth: 0, path: 0, node: Buffer.alloc(32, 1) }];
const seed = leafSeed(NODES, 17) as Uint8Array;
const saltOf = (part: number): Uint8Array => partSalt(seed, part);

const EVENT: AuditEvent = {
  ts: new Date("2026-11-28T09:30:00.125Z"),
  recordedAt: new Date("2026-11-28T09:30:01.000Z"),
  eventId: "0195f0a0-0000-7000-8000-000000000001",
  agentId: "agent-1",
  sessionId: "session-1",
  action: "tool_call",
  decision: "deny",
  dryRun: false,
  matchedRuleId: "no-mail",
  payload: { tool: "send_mail", arguments: { to: "ann@example.com", "a/b": 1 } },
};
const entry = eventEntry(EVENT, saltOf);

/** What differs, in short. */
function differences(event: AuditEvent, erased: readonly number[] = [], of: EventEntry = entry): string[] {
  return compareEvent(of, event, { saltOf, erased: new Set(erased) }).map(text);
}
function text(one: EventDifference): string {
  if (one.kind === "member") return one.member;
  if (one.kind === "more_parts") return `more: ${one.names.join()}`;
  return `${one.kind} ${one.part} ${one.name ?? "-"}`;
}
function without<K extends keyof AuditEvent>(event: AuditEvent, ...members: readonly K[]): AuditEvent {
  return Object.fromEntries(
    Object.entries(event).filter(([name]) => !members.includes(name as K)),
  ) as unknown as AuditEvent;
}

describe("parts", () => {
  const namesOf = (payload: JsonValue | undefined): string[] => {
    const event = without(EVENT, "payload");
    return eventParts(payload === undefined ? event : { ...event, payload })
      .slice(4)
      .map(({ name }) => name);
  };

  test("what, agent, session and trace come first, absent ones as null", () => {
    expect(eventParts(EVENT)).toEqual([
      { name: "what", value: { action: "tool_call", decision: "deny", dryRun: false, matchedRuleId: "no-mail" } },
      { name: "agentId", value: "agent-1" },
      { name: "sessionId", value: "session-1" },
      { name: "traceId", value: null },
      { name: "payload:/arguments", value: { to: "ann@example.com", "a/b": 1 } },
      { name: "payload:/tool", value: "send_mail" },
    ]);
  });

  test("members of the payload are ordered by UTF-16 code units, and named as in a JSON Pointer", () => {
    expect(namesOf({ b: 1, a: 2, "a/b~c": 3, "": 4, "\u{1f600}": 5, "\ufb33": 6, 10: 7, 9: 8 })).toEqual([
      "payload:/",
      "payload:/10",
      "payload:/9",
      "payload:/a",
      "payload:/a~1b~0c",
      "payload:/b",
      "payload:/\u{1f600}",
      "payload:/\ufb33",
    ]);
  });

  test("those after the 32nd are one", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`m${String(at).padStart(2, "0")}`, at]));
    const { m32, ...few } = Object.fromEntries(Object.entries(many).slice(0, 33));
    expect(m32).toBe(32);
    expect(namesOf(few)).toHaveLength(32);
    expect(namesOf(few).at(-1)).toBe("payload:/m31");
    expect(namesOf(many)).toHaveLength(33);
    expect(eventParts({ ...EVENT, payload: many }).at(-1)).toEqual({
      name: "payload:*",
      value: Object.fromEntries(Object.entries(many).slice(32)),
    });
  });

  test("what is no object is one part, and so is an object without members; no payload is none", () => {
    for (const payload of [null, 5, "text", true, [1, 2], {}]) expect(namesOf(payload)).toEqual(["payload:"]);
    expect(namesOf(undefined)).toEqual([]);
  });

  test("a member called __proto__ is a part as any other", () => {
    const payload = JSON.parse('{"__proto__":{"a":1},"b":2}') as JsonValue;
    expect(namesOf(payload)).toEqual(["payload:/__proto__", "payload:/b"]);
    const of = eventEntry({ ...EVENT, payload }, saltOf);
    const changed = JSON.parse('{"__proto__":{"a":2},"b":2}') as JsonValue;
    expect(differences({ ...EVENT, payload: changed }, [], of)).toEqual(["part 4 payload:/__proto__"]);
  });
});

test("a commitment is SHA-256(0x02, salt, canonical JSON of name and value)", () => {
  const salt = Buffer.alloc(32, 9);
  const text = '["payload:/arguments",{"a/b":1,"to":"ann@example.com"}]';
  const wanted = createHash("sha256")
    .update(Buffer.concat([Buffer.from([2]), salt, Buffer.from(text)]))
    .digest("hex");
  const part = { name: "payload:/arguments", value: { to: "ann@example.com", "a/b": 1 } };
  expect(Buffer.from(commitPart(part, salt)).toString("hex")).toBe(wanted);
  expect(() => commitPart(part, salt.subarray(1))).toThrow(expect.objectContaining({ code: "invalid_argument" }));
});

test("an entry has id, times and commitments, and nothing of what it stands for", () => {
  const bytes = encodeEntry(entry);
  expect(Object.keys(entry)).toEqual(["c", "eventId", "recordedAt", "t", "ts", "v"]);
  expect(parseEntry(bytes)).toEqual(entry);
  for (const secret of ["agent-1", "session-1", "tool_call", "deny", "send_mail", "ann@example.com", "arguments"]) {
    expect(Buffer.from(bytes).toString()).not.toContain(secret);
  }
});

describe("an event compared with its entry", () => {
  test("as it was sealed differs in nothing, whatever it holds", () => {
    const text = fc.string({ minLength: 1, maxLength: 20 }).filter((one) => one.isWellFormed());
    const optional = { requiredKeys: ["action", "decision", "dryRun"] } as const;
    const members = fc.record(
      {
        action: text,
        decision: text,
        dryRun: fc.boolean(),
        teamId: text,
        orgId: text,
        sessionId: text,
        traceId: text,
        shadowDecision: text,
        matchedRuleId: text,
        payload: fc.jsonValue(),
      },
      { requiredKeys: [...optional.requiredKeys] },
    );
    fc.assert(
      fc.property(members, (given) => {
        const event = { ...without(EVENT, "payload", "sessionId", "matchedRuleId"), ...given } as AuditEvent;
        const of = parseEntry(encodeEntry(eventEntry(event, saltOf))) as EventEntry;
        expect(differences(event, [], of)).toEqual([]);
        // As a store gives it back: JSON text in between, members in any order.
        if (event.payload === undefined) return;
        expect(differences({ ...event, payload: JSON.parse(JSON.stringify(event.payload)) }, [], of)).toEqual([]);
      }),
    );
  });

  test.each<readonly [string, Partial<AuditEvent>, readonly string[]]>([
    ["the decision", { decision: "allow" }, ["part 0 what"]],
    ["the action", { action: "x" }, ["part 0 what"]],
    ["a dry run", { dryRun: true }, ["part 0 what"]],
    ["a team that it had not", { teamId: "t" }, ["part 0 what"]],
    ["an organisation", { orgId: "o" }, ["part 0 what"]],
    ["the rule", { matchedRuleId: "other" }, ["part 0 what"]],
    ["a shadow decision", { shadowDecision: "deny" }, ["part 0 what"]],
    ["the agent", { agentId: "agent-2" }, ["part 1 agentId"]],
    ["the agent, as if erased", { agentId: ERASED_AGENT_ID }, ["part 1 agentId"]],
    ["the session", { sessionId: "s" }, ["part 2 sessionId"]],
    ["the trace", { traceId: "t" }, ["part 3 traceId"]],
    ["its time", { ts: new Date(0) }, ["ts"]],
    ["when it was recorded", { recordedAt: new Date(0) }, ["recordedAt"]],
    ["its id", { eventId: "0195f0a0-0000-7000-8000-000000000002" }, ["eventId"]],
    [
      "a value in the payload",
      { payload: { tool: "send_mail", arguments: { to: "bob", "a/b": 1 } } },
      ["part 4 payload:/arguments"],
    ],
    ["a member that is gone", { payload: { tool: "send_mail" } }, ["part 4 payload:/tool", "part 5 -"]],
    ["a member more", { payload: { ...(EVENT.payload as object), z: 1 } }, ["more: payload:/z"]],
    ["another kind of payload", { payload: null }, ["part 4 payload:", "part 5 -"]],
  ])("differs in %s", (_, change, wanted) => {
    expect(differences({ ...EVENT, ...change })).toEqual(wanted);
  });

  test("without its payload differs, and one of value null is another than none", () => {
    expect(differences(without(EVENT, "payload"))).toEqual(["part 4 -", "part 5 -"]);
    const bare = without(EVENT, "payload");
    const none = eventEntry(bare, saltOf);
    for (const payload of [null, {}]) expect(differences({ ...EVENT, payload }, [], none)).toEqual(["more: payload:"]);
    // The name keeps apart what has the same value: `5`, and an object whose member has it.
    expect(
      differences({ ...EVENT, payload: { payload: 5 } }, [], eventEntry({ ...EVENT, payload: 5 }, saltOf)),
    ).toEqual(["part 4 payload:/payload"]);
    expect(differences({ ...EVENT, payload: {} }, [], eventEntry({ ...EVENT, payload: null }, saltOf))).toEqual([
      "part 4 payload:",
    ]);
  });

  test("says so where a salt is missing", () => {
    const withoutSalt = compareEvent(entry, EVENT, { saltOf: (part) => (part === 2 ? undefined : saltOf(part)) });
    expect(withoutSalt).toEqual([{ kind: "no_salt", part: 2, name: "sessionId" }]);
  });
});

describe("an event of which parts were erased", () => {
  const payload = (value: JsonValue): AuditEvent => ({ ...EVENT, payload: value });

  test("differs in nothing else", () => {
    expect(differences(without(EVENT, "sessionId"), [2])).toEqual([]);
    expect(differences(payload({ tool: "send_mail" }), [4])).toEqual([]);
    expect(differences(payload({ arguments: { to: "ann@example.com", "a/b": 1 } }), [5])).toEqual([]);
    expect(differences(payload({}), [4, 5])).toEqual([]);
    expect(differences(without(EVENT, "payload"), [4, 5])).toEqual([]);
    expect(differences({ ...EVENT, agentId: ERASED_AGENT_ID }, [1])).toEqual([]);
    expect(differences(without(EVENT, "payload"), [4], eventEntry(payload("text"), saltOf))).toEqual([]);
  });

  test("is found edited in what is left, and still having what should be gone", () => {
    expect(differences(EVENT, [2])).toEqual(["more: sessionId"]);
    expect(differences(EVENT, [1])).toEqual(["more: agentId"]);
    expect(differences(EVENT, [4])).toEqual(["part 5 payload:/arguments", "more: payload:/tool"]);
    expect(differences(payload({ tool: "other" }), [4])).toEqual(["part 5 payload:/tool"]);
    expect(differences(payload({}), [4])).toEqual(["part 5 -"]);
    expect(differences(payload(5), [4, 5])).toEqual(["more: payload:"]);
    expect(differences({ ...EVENT, decision: "allow" }, [4, 5])).toContain("part 0 what");
  });

  test("keeps its order when members of a large payload go, and those after the 32nd as a whole", () => {
    const all = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`m${String(at).padStart(2, "0")}`, at]));
    const of = eventEntry(payload(all), saltOf);
    expect(of.c).toHaveLength(37);
    const { m03, m31, ...left } = all;
    expect([m03, m31]).toEqual([3, 31]);
    expect(differences(payload(left), [4 + 3, 4 + 31], of)).toEqual([]);
    expect(differences(payload({ ...left, m39: 0 }), [4 + 3, 4 + 31], of)).toEqual(["part 36 payload:*"]);
    const first = Object.fromEntries(Object.entries(all).slice(0, 32));
    expect(differences(payload(first), [36], of)).toEqual([]);
    expect(differences(payload(all), [36], of)).toEqual(["more: payload:*"]);
  });

  test("cannot be guessed from its commitment once its leaf is punctured, and its other parts still match", () => {
    const left = puncture(NODES, 17);
    expect(leafSeed(left, 17)).toBeUndefined();
    const kept = new Map([0, 1, 3, 4, 5].map((part) => [part, saltOf(part)]));
    const event = without(EVENT, "sessionId");
    expect(compareEvent(entry, event, { saltOf: (part) => kept.get(part), erased: new Set([2]) })).toEqual([]);
  });

  test("parts that the entry has not, or that cannot be erased, are a wrong call", () => {
    for (const erased of [[0], [6], [-1], [1.5]]) {
      expect(() => differences(EVENT, erased)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    }
  });
});
