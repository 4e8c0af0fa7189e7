import assert from "node:assert/strict";
import type { AuditFilter, JsonScalar, NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { AUDIT_TEXT_FIELDS, type AuditTextField } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, uuid } from "../../support/fixtures.js";

/** Numbers of the events (see `event(n)`) that a filter finds, oldest first; `count` must agree. */
async function found(backend: StorageBackend, filter: AuditFilter): Promise<number[]> {
  const { items } = await backend.audit.query(filter, { order: "oldest", limit: 1000 });
  assert.equal(await backend.audit.count(filter), items.length, "count differs from query");
  return items.map((item) => Number.parseInt(item.eventId.slice(-12), 16));
}

const TEXT_KEYS = AUDIT_TEXT_FIELDS.filter((field) => field !== "eventId");

/** A member as an event carries it: `tool` lives in the payload. */
function carrying(key: AuditTextField, value: string): Partial<NewAuditEvent> {
  return key === "tool" ? { payload: { tool: value } } : { [key]: value };
}

const HOSTILE = [
  "'",
  '"',
  "`",
  "%",
  "_",
  "\\",
  "\\'",
  "a%",
  "a_b",
  "'; DROP TABLE audit_events; --",
  "' OR '1'='1",
  "$1",
  "?",
  ":name",
  "{1,2}",
  "null",
  "line\nbreak\ttab\r",
  "\u007f\u0001",
  "שלום‮",
  "e\u0301",
  "\u00e9",
  "😀",
  "\ufffd",
  "\ufeffbom",
  " lead and trail ",
  "x".repeat(512),
  "😀".repeat(256),
];

export const filterCases = defineCases([
  {
    id: "audit.filter.every-text-key",
    title: "each text key alone finds exactly the events that carry the value, as string and as list",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const batch = TEXT_KEYS.flatMap((key, k) => [
        event(k * 2, carrying(key, `${key}-a`)),
        event(k * 2 + 1, carrying(key, `${key}-b`)),
      ]);
      assert.equal((await backend.audit.append(batch)).inserted, batch.length);
      for (const [k, key] of TEXT_KEYS.entries()) {
        const [a, b] = [`${key}-a`, `${key}-b`];
        assert.deepEqual(await found(backend, { [key]: a }), [k * 2], key);
        assert.deepEqual(await found(backend, { [key]: [b] }), [k * 2 + 1], key);
        assert.deepEqual(await found(backend, { [key]: [b, a, b, "absent"] }), [k * 2, k * 2 + 1], key);
        assert.deepEqual(await found(backend, { [key]: "absent" }), [], key);
        assert.deepEqual(await found(backend, { [key]: [] }), [], key);
        assert.equal((await found(backend, { [key]: undefined })).length, batch.length, key);
      }
      assert.deepEqual(await found(backend, { eventId: [] }), []);
    },
  },
  {
    id: "audit.filter.all-must-hold",
    title: "of several keys all must hold",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(
        events(12, (n) => ({ agentId: `agent-${n % 2}`, decision: n % 3 === 0 ? "deny" : "allow", dryRun: n > 5 })),
      );
      assert.deepEqual(await found(backend, { agentId: "agent-0", decision: "deny" }), [0, 6]);
      assert.deepEqual(await found(backend, { agentId: "agent-0", decision: "deny", dryRun: true }), [6]);
      assert.deepEqual(await found(backend, { agentId: "agent-0", decision: [] }), []);
      assert.deepEqual(
        await found(backend, {}),
        Array.from({ length: 12 }, (_, n) => n),
      );
    },
  },
  {
    id: "audit.filter.whole-values",
    title: "text compares whole and by case: agent-1 is neither agent-10 nor Agent-1",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const ids = ["agent-1", "agent-10", "Agent-1", "agent-1 ", "agent", "my-agent-1"];
      await backend.audit.append(ids.map((agentId, n) => event(n, { agentId })));
      for (const [n, agentId] of ids.entries()) assert.deepEqual(await found(backend, { agentId }), [n], agentId);
      assert.deepEqual(await found(backend, { agentId: "agent-%" }), []);
      assert.deepEqual(await found(backend, { agentId: "agent__" }), []);
      assert.deepEqual(await found(backend, { agentId: "agent-*" }), []);
    },
  },
  {
    id: "audit.filter.time-range",
    title: "from is inclusive and to is exclusive, at the millisecond; an empty range matches nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms);
      await backend.audit.append([-1, 0, 1, 999, 1000, 1001].map((ms, n) => event(n, { ts: at(ms) })));
      assert.deepEqual(await found(backend, { from: at(0) }), [1, 2, 3, 4, 5]);
      assert.deepEqual(await found(backend, { from: at(1) }), [2, 3, 4, 5]);
      assert.deepEqual(await found(backend, { to: at(1000) }), [0, 1, 2, 3]);
      assert.deepEqual(await found(backend, { to: at(1001) }), [0, 1, 2, 3, 4]);
      assert.deepEqual(await found(backend, { from: at(0), to: at(1000) }), [1, 2, 3]);
      assert.deepEqual(await found(backend, { from: at(0), to: at(0) }), []);
      assert.deepEqual(await found(backend, { from: at(1000), to: at(0) }), []);
    },
  },
  {
    id: "audit.filter.time-before-epoch",
    title: "ranges before 1970 hold the same edges",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([-2, -1, 0, 1].map((ms, n) => event(n, { ts: new Date(ms) })));
      assert.deepEqual(await found(backend, { from: new Date(-1) }), [1, 2, 3]);
      assert.deepEqual(await found(backend, { to: new Date(-1) }), [0]);
      assert.deepEqual(await found(backend, { from: new Date(-2), to: new Date(1) }), [0, 1, 2]);
    },
  },
  {
    id: "audit.filter.dry-run",
    title: "dryRun separates rehearsals from the rest; events without the member are no rehearsals",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(0), event(1, { dryRun: false }), event(2, { dryRun: true })]);
      assert.deepEqual(await found(backend, { dryRun: true }), [2]);
      assert.deepEqual(await found(backend, { dryRun: false }), [0, 1]);
    },
  },
  {
    id: "audit.filter.event-id",
    title: "eventId takes either case of a UUID and refuses anything else",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(0xab), event(0xac, { eventId: uuid(0xac).toUpperCase() })]);
      assert.deepEqual(await found(backend, { eventId: uuid(0xab).toUpperCase() }), [0xab]);
      assert.deepEqual(await found(backend, { eventId: [uuid(0xac), uuid(0xab), uuid(1)] }), [0xab, 0xac]);
      assert.deepEqual(await found(backend, { eventId: uuid(1) }), []);
      for (const eventId of ["", "x", `{${uuid(1)}}`, uuid(1).replaceAll("-", ""), `${uuid(1)} `, [uuid(1), "x"]]) {
        await rejects(() => backend.audit.query({ eventId }), "invalid_argument", {
          message: /must be a UUID/,
          option: "filter.eventId",
        });
      }
    },
  },
  {
    id: "audit.filter.tool",
    title: "tool is the payload's string member of that name, at the top only",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const payloads = [
        { tool: "search" },
        { tool: ["search"] },
        { tool: 7 },
        { inner: { tool: "search" } },
        ["search"],
        "search",
        { tool: "search\u0000" },
        { tool: "" },
        { tool: null },
      ];
      await backend.audit.append([...payloads.map((payload, n) => event(n, { payload })), event(50)]);
      assert.deepEqual(await found(backend, { tool: "search" }), [0]);
      assert.deepEqual(await found(backend, { tool: "7" }), []);
      assert.deepEqual(await found(backend, { tool: "null" }), []);
      assert.deepEqual(await found(backend, { tool: "" }), []);
    },
  },
  {
    id: "audit.filter.payload-scalars",
    title: "a payload condition compares scalars by type and value",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const values = ["1", 1, true, null, "true", "null", 0, false, "", 1.5, [1], { v: 1 }, 1e21, -7];
      await backend.audit.append([
        ...values.map((v, n) => event(n, { payload: { v } })),
        event(50),
        event(51, { payload: {} }),
      ]);
      const expected: [JsonScalar, number[]][] = [
        ["1", [0]],
        [1, [1]],
        [true, [2]],
        [null, [3]],
        ["true", [4]],
        ["null", [5]],
        [0, [6]],
        [-0, [6]],
        [false, [7]],
        ["", [8]],
        [1.5, [9]],
        [1e21, [12]],
        [-7, [13]],
        [2, []],
        ["[1]", []],
      ];
      for (const [value, numbers] of expected) {
        assert.deepEqual(await found(backend, { payload: { "/v": value } }), numbers, JSON.stringify(value));
      }
      assert.equal((await found(backend, { payload: {} })).length, values.length + 2);
    },
  },
  {
    id: "audit.filter.payload-pointers",
    title: "pointers reach nested members, array items, escaped and odd names, and the whole payload",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const payload = {
        arguments: { user: { id: "u1" }, list: [10, { x: "y" }, [true]] },
        "a/b": 1,
        "m~n": 2,
        "~1": 3,
        "": 4,
        "0": "zero",
        "x.y": 5,
        'q"t': 6,
        "$[0]": 7,
        "back\\slash": 8,
        "ключ 😀": 9,
        __proto__x: 10,
        list: ["first"],
      };
      await backend.audit.append([
        event(0, { payload }),
        event(1, { payload: "whole" }),
        event(2, { payload: ["i0"] }),
      ]);
      const hits: Record<string, JsonScalar> = {
        "/arguments/user/id": "u1",
        "/arguments/list/0": 10,
        "/arguments/list/1/x": "y",
        "/arguments/list/2/0": true,
        "/a~1b": 1,
        "/m~0n": 2,
        "/~01": 3,
        "/": 4,
        "/0": "zero",
        "/x.y": 5,
        '/q"t': 6,
        "/$[0]": 7,
        "/back\\slash": 8,
        "/ключ 😀": 9,
        "/__proto__x": 10,
      };
      for (const [pointer, value] of Object.entries(hits)) {
        assert.deepEqual(await found(backend, { payload: { [pointer]: value } }), [0], pointer);
      }
      assert.deepEqual(await found(backend, { payload: hits }), [0]);
      assert.deepEqual(await found(backend, { payload: { ...hits, "/": 5 } }), []);
      assert.deepEqual(await found(backend, { payload: { "": "whole" } }), [1]);
      assert.deepEqual(await found(backend, { payload: { "/0": "i0" } }), [2]);
      const misses = [
        "/list/00",
        "/list/-",
        "/list/-1",
        "/list/1",
        "/list/",
        "/arguments/user",
        "/x/y",
        "/list/length",
      ];
      for (const pointer of misses) {
        for (const value of ["first", null, 1, "u1"]) {
          assert.deepEqual(await found(backend, { payload: { [pointer]: value } }), [], pointer);
        }
      }
      for (const pointer of ["v", "v/w", "/a~2", "/a~", "#/v"]) {
        await rejects(() => backend.audit.count({ payload: { [pointer]: 1 } }), "invalid_argument", /JSON Pointer/);
      }
    },
  },
  {
    id: "audit.filter.unknown-key",
    title: "an unknown key is refused with a hint, by every reading call",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const filter = { agentid: "x" } as AuditFilter;
      const hint = /unknown key "agentid".*Did you mean "agentId"/;
      await rejects(() => backend.audit.query(filter), "invalid_argument", hint);
      await rejects(() => backend.audit.count(filter), "invalid_argument", hint);
      await rejects(() => backend.audit.summarize(filter), "invalid_argument", hint);
      await rejects(() => backend.audit.stream(filter)[Symbol.asyncIterator]().next(), "invalid_argument", hint);
      // A tail that takes the filter must not wait for events for ever.
      const signal = AbortSignal.timeout(1000);
      const next = () => backend.audit.tail(filter, { signal })[Symbol.asyncIterator]().next();
      await rejects(next, "invalid_argument", hint);
    },
  },
  {
    id: "audit.filter.wrong-types",
    title: "conditions of the wrong type are refused, never coerced",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const bad: unknown[] = [
        null,
        "agent-1",
        [],
        { from: "2026-01-01" },
        { from: 0 },
        { to: new Date(Number.NaN) },
        { agentId: 7 },
        { agentId: null },
        { agentId: ["a", 7] },
        { agentId: { $ne: "a" } },
        { dryRun: "true" },
        { dryRun: 1 },
        { payload: "x" },
        { payload: { "/v": { a: 1 } } },
        { payload: { "/v": [1] } },
        { payload: { "/v": Number.NaN } },
        { payload: { "/v": undefined } },
      ];
      for (const filter of bad) {
        await rejects(() => backend.audit.query(filter as AuditFilter), "invalid_argument");
      }
    },
  },
  {
    id: "audit.filter.hostile-text",
    title: "quotes, wildcards, SQL, other scripts and long text are stored and matched as they are",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const batch = HOSTILE.map((text, n) =>
        event(n, { agentId: text, teamId: text, payload: { tool: text, [text]: text } }),
      );
      assert.equal((await backend.audit.append(batch)).inserted, HOSTILE.length);
      for (const [n, text] of HOSTILE.entries()) {
        const pointer = `/${text.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        assert.deepEqual(await found(backend, { agentId: text }), [n], JSON.stringify(text));
        assert.deepEqual(await found(backend, { teamId: [text, "absent"], tool: text }), [n], JSON.stringify(text));
        assert.deepEqual(await found(backend, { payload: { [pointer]: text } }), [n], JSON.stringify(text));
      }
      assert.deepEqual(
        (await harness.readStoredEvents(backend)).map((one) => one.agentId),
        HOSTILE,
      );
    },
  },
  {
    id: "audit.filter.unstorable-text",
    title: "U+0000 and lone surrogates are refused in names; as conditions they match nothing, U+FFFD least of all",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const unstorable = ["a\u0000", "\u0000", "a\ud800", "\udfff", "x".repeat(513), ""];
      const { rejected } = await backend.audit.append(unstorable.map((agentId, n) => event(n, { agentId })));
      assert.deepEqual(
        rejected.map(({ index, code }) => ({ index, code })),
        unstorable.map((_, index) => ({ index, code: "invalid_argument" })),
      );
      await backend.audit.append(
        ["a", "\ufffd", "a\ufffd"].map((agentId, n) => event(n, { agentId, teamId: agentId })),
      );
      for (const text of unstorable) {
        assert.deepEqual(await found(backend, { agentId: text }), []);
        assert.deepEqual(await found(backend, { teamId: text }), []);
        assert.deepEqual(await found(backend, { agentId: [text, "a"] }), [0]);
      }
      await backend.audit.append([event(9, { payload: { v: "\ufffd" } }), event(10, { payload: { v: "\ud800" } })]);
      assert.deepEqual(await found(backend, { payload: { "/v": "\ud800" } }), [10]);
      assert.deepEqual(await found(backend, { payload: { "/v": "\ufffd" } }), [9]);
      assert.deepEqual(await found(backend, { payload: { "/v": "\udbff" } }), []);
    },
  },
]);
