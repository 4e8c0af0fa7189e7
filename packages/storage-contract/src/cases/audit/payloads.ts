import assert from "node:assert/strict";
import type { JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { type CaseContext, defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event } from "../../support/fixtures.js";

/** An object with a member that a literal cannot spell, such as `__proto__`. */
function parsed(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

function nested(levels: number, wrap: (inner: JsonValue) => JsonValue): JsonValue {
  let value: JsonValue = "core";
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
}

/** Stores one event per payload, reads them back in order, delivers them again and changes them. */
async function roundTrip({ harness, storage }: CaseContext, payloads: readonly JsonValue[]): Promise<void> {
  const backend = await storage(ANY_TIME);
  const batch: NewAuditEvent[] = payloads.map((payload, n) => event(n, { payload }));
  assert.deepEqual(await backend.audit.append(batch), { inserted: batch.length, duplicates: 0, rejected: [] });
  const { items } = await backend.audit.query({}, { order: "oldest", limit: 1000 });
  assert.equal(items.length, payloads.length);
  for (const [n, payload] of payloads.entries()) {
    // Compared as text too: it tells a lone surrogate from U+FFFD and an own `__proto__` from an inherited one.
    assert.equal(canonical(items[n]?.payload), canonical(payload), `payload ${n}`);
    assert.deepEqual(items[n]?.payload, payload, `payload ${n}`);
  }
  const stored = await harness.readStoredEvents(backend);
  for (const [n, payload] of payloads.entries()) {
    assert.equal(canonical(JSON.parse(stored[n]?.payload ?? "")), canonical(payload), `stored payload ${n}`);
  }
  assert.deepEqual(await backend.audit.append(batch), { inserted: 0, duplicates: batch.length, rejected: [] });
  const changed = batch.map((one) => ({ ...one, payload: { changed: "otherwise" } }));
  const { rejected } = await backend.audit.append(changed);
  assert.deepEqual(
    rejected.map(({ code }) => code),
    changed.map(() => "conflict"),
  );
}

/** JSON text with members in code-unit order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "absent";
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join()}}`;
}

export const payloadCases = defineCases([
  {
    id: "audit.payload.scalars-and-empties",
    title: "scalars and empty containers are payloads of their own and read back as they are",
    async run(context) {
      await roundTrip(context, [
        "",
        "text",
        "null",
        "0",
        0,
        1,
        true,
        false,
        null,
        {},
        [],
        [[]],
        [{}],
        { a: {} },
        [null],
      ]);
    },
  },
  {
    id: "audit.payload.numbers",
    title: "numbers keep their double value, from the smallest to the largest",
    async run(context) {
      await roundTrip(context, [
        Number.MAX_SAFE_INTEGER,
        Number.MIN_SAFE_INTEGER,
        2 ** 53,
        2 ** 63,
        2 ** 64,
        -(2 ** 63),
        0.1,
        0.1 + 0.2,
        1e21,
        1e-7,
        5e-324,
        2.2250738585072014e-308,
        Number.MAX_VALUE,
        -Number.MAX_VALUE,
        1.7976931348623155e308,
        123456789012345680000,
        { list: [1, 1.5, -1e300] },
      ]);
    },
  },
  {
    id: "audit.payload.negative-zero",
    title: "-0 is stored as 0, and a redelivery with either is a duplicate",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(0, { payload: -0 }), event(1, { payload: { v: [-0] } })]);
      const { items } = await backend.audit.query({}, { order: "oldest" });
      assert.ok(Object.is(items[0]?.payload, 0));
      assert.deepEqual(items[1]?.payload, { v: [0] });
      const again = [event(0, { payload: 0 }), event(1, { payload: { v: [0] } }), event(0, { payload: -0 })];
      assert.equal((await backend.audit.append(again)).duplicates, 3);
    },
  },
  {
    id: "audit.payload.nul",
    title: "U+0000 survives in values and names",
    async run(context) {
      await roundTrip(context, [
        "\u0000",
        "a\u0000b",
        "a",
        { "\u0000": 1 },
        { "a\u0000b": "\u0000\u0000" },
        { a: 1 },
        ["\\u0000", "\u0000"],
        "\\u0000",
      ]);
    },
  },
  {
    id: "audit.payload.lone-surrogates",
    title: "lone surrogates survive in values and names, and differ from U+FFFD and from each other",
    async run(context) {
      await roundTrip(context, [
        "\ud800",
        "\udfff",
        "\ufffd",
        "a\ud83dz",
        { "\udc00": 1 },
        { "\ufffd": 1 },
        { "\ud800": 1, "\ud801": 2, "\ufffd": 3 },
        ["\udc00\ud800"],
        "\\ud800",
      ]);
    },
  },
  {
    id: "audit.payload.lone-surrogates-conflict",
    title: "events that differ in a lone surrogate or a U+0000 only are not duplicates",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const texts = ["\ud800", "\ud801", "\ufffd", "\u0000", "", "\\u0000"];
      for (const [n, text] of texts.entries()) {
        const first = await backend.audit.append([event(n, { payload: { v: text } })]);
        assert.equal(first.inserted, 1);
        const others = texts.filter((other) => other !== text);
        const result = await backend.audit.append(others.map((other) => event(n, { payload: { v: other } })));
        assert.deepEqual(
          result.rejected.map(({ code }) => code),
          others.map(() => "conflict"),
          JSON.stringify(text),
        );
      }
    },
  },
  {
    id: "audit.payload.odd-names",
    title: "member names may be empty, __proto__, numeric, or anything an object inherits",
    async run(context) {
      await roundTrip(context, [
        { "": 1 },
        { "": { "": "" } },
        parsed('{"__proto__": {"polluted": true}, "a": 1}'),
        parsed('{"__proto__": null}'),
        { constructor: 1, toString: "x", hasOwnProperty: false, valueOf: null },
        { "1": "one", "0": "zero", "-1": "minus", "1.5": "half" },
        { " ": 1, "\t": 2, '"': 3, "\\": 4, "'": 5, $: 6, "a.b": 7, "a/b": 8, "~": 9 },
      ]);
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    },
  },
  {
    id: "audit.payload.unicode",
    title: "text of any script, unnormalised, with marks, escapes and line separators is kept code unit by code unit",
    async run(context) {
      await roundTrip(context, [
        "😀👩‍👩‍👧‍👦",
        "e\u0301",
        "\u00e9",
        "שלום ‮ مرحبا",
        "\ufeffbom",
        "\u2028\u2029",
        "\u0001\u001f\u007f\u0080",
        '\\ " / \b \f \n \r \t',
        "\u{10ffff}\uffff\ufffe",
        { "e\u0301": 1, "\u00e9": 2 },
        { "😀": ["中文", "ไทย", "日本語"] },
        "'; DROP TABLE audit_events; --",
        "</script><!-- {{y}} %s ? $1 :a",
      ]);
    },
  },
  {
    id: "audit.payload.depth",
    title: "200 levels of nesting are stored, 201 are refused",
    async run(context) {
      const asList = (inner: JsonValue): JsonValue => [inner];
      const asObject = (inner: JsonValue): JsonValue => ({ n: inner });
      await roundTrip(context, [nested(200, asList), nested(200, asObject)]);
      const backend = await context.storage(ANY_TIME);
      const result = await backend.audit.append([
        event(1, { payload: nested(201, asList) }),
        event(2, { payload: nested(201, asObject) }),
        event(3, { payload: nested(50_000, asList) }),
        event(4),
      ]);
      assert.equal(result.inserted, 1);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        [0, 1, 2].map((index) => ({ index, code: "invalid_argument" })),
      );
      for (const { reason } of result.rejected) assert.match(reason, /200 levels/);
    },
  },
  {
    id: "audit.payload.long",
    title: "long strings, long lists and wide objects are kept whole",
    async run(context) {
      const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`key-${n}`, n]));
      const list = Array.from({ length: 20_000 }, (_, n) => n % 10);
      await roundTrip(context, ["x".repeat(200_000), "é😀".repeat(20_000), wide, list, { ["k".repeat(10_000)]: 1 }]);
    },
  },
  {
    id: "audit.payload.shared",
    title: "a part that occurs again and again counts each time: it is too large before it is written out",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      let payload: JsonValue = ["x"];
      for (let level = 0; level < 100; level++) payload = [payload, payload];
      const result = await backend.audit.append([event(1, { payload }), event(2)]);
      assert.equal(result.inserted, 1);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        [{ index: 0, code: "too_large" }],
      );
      const agent = { agentId: "agent-1", metadata: { payload } };
      await rejects(backend.agents.register(agent), "too_large", /agent\.metadata takes/);
    },
  },
  {
    id: "audit.payload.not-json",
    title: "values that JSON would drop or change are refused; undefined members count as absent",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const bad: unknown[] = [
        Number.NaN,
        Number.POSITIVE_INFINITY,
        1n,
        () => 1,
        Symbol("s"),
        new Date(0),
        new Map(),
        new Uint8Array(2),
        [undefined],
        { a: { b: [1, Number.NaN] } },
        { toJSON: () => "changed" },
        new (class Point {
          x = 1;
        })(),
      ];
      const { rejected } = await backend.audit.append(
        bad.map((payload, n) => event(n, { payload: payload as JsonValue })),
      );
      assert.deepEqual(
        rejected.map(({ index, code }) => ({ index, code })),
        bad.map((_, index) => ({ index, code: "invalid_argument" })),
      );
      const sparse = { a: undefined, b: 1 } as unknown as JsonValue;
      assert.equal((await backend.audit.append([event(50, { payload: sparse })])).inserted, 1);
      const { items } = await backend.audit.query();
      assert.deepEqual(
        items.map((item) => item.payload),
        [{ b: 1 }],
      );
    },
  },
  {
    id: "audit.payload.detached",
    title: "what was appended and what was read can be changed without changing what is stored",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const payload = { list: [1, 2], inner: { v: "kept" } };
      await backend.audit.append([event(1, { payload })]);
      payload.list.push(3);
      payload.inner.v = "changed";
      const first = (await backend.audit.query()).items[0]?.payload as typeof payload;
      assert.deepEqual(first, { list: [1, 2], inner: { v: "kept" } });
      first.inner.v = "changed";
      assert.deepEqual((await backend.audit.query()).items[0]?.payload, { list: [1, 2], inner: { v: "kept" } });
    },
  },
]);
