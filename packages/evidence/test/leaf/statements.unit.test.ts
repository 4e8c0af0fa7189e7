import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import {
  encodeEntry,
  erasedListDigest,
  isEvidenceError,
  type LeafEntry,
  leafHash,
  leafListDigest,
  parseEntry,
  parseSignerKey,
  signCheckpoint,
} from "../../src/index.js";
import { flips } from "../support/bytes.js";

const signer = parseSignerKey("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz");
const HASH = Buffer.from(leafHash(Buffer.from("x"))).toString("base64");
const AT = "2026-11-28T09:00:00.000Z";
const checkpoint = await signCheckpoint({ origin: signer.name, size: 5, root: leafHash(Buffer.from("x")) }, [signer]);
const leaves = leafListDigest([
  [0, 2],
  [5, 1],
]);
const days = { "2026-11-28": 2, "2026-11-27": 1 };

const ENTRIES: Readonly<Record<string, LeafEntry>> = {
  event: {
    c: [HASH, HASH, HASH, HASH],
    eventId: "0195f0a0-0000-7000-8000-000000000001",
    recordedAt: AT,
    t: "event",
    ts: AT,
    v: 1,
  },
  "first seal": { count: 4, days, first: 0, n: 0, prev: null, root: HASH, sealedAt: AT, t: "seal", v: 1 },
  "later seal": { count: 1, days: {}, first: 5, n: 1, prev: HASH, root: HASH, sealedAt: AT, t: "seal", v: 1 },
  "drop, intent": {
    archive: null,
    at: AT,
    days,
    intent: null,
    leaves,
    manifest: null,
    policy: HASH,
    run: "run-1",
    t: "drop",
    v: 1,
  },
  "drop, result": {
    archive: "0195-a",
    at: AT,
    days,
    intent: 7,
    leaves,
    manifest: HASH,
    policy: HASH,
    run: "run-1",
    t: "drop",
    v: 1,
  },
  erase: {
    at: AT,
    basis: "Art. 17(1)(b)",
    days,
    intent: null,
    leaves: erasedListDigest([
      [1, [2]],
      [3, [1, 4]],
      [9, [36]],
    ]),
    request: "R1",
    t: "erase",
    v: 1,
  },
  restore: { archive: "0195-a", at: AT, days, leaves, manifest: HASH, t: "restore", v: 1 },
  key: { at: AT, replaces: null, t: "key", v: 1, vkey: signer.verifierKey },
  fork: { at: AT, checkpoint, reason: "a backup was restored", t: "fork", v: 1 },
  gap: { at: AT, reason: "a transaction was open", since: "2026-11-28T08:00:00.000Z", t: "gap", v: 1 },
};
const problem = (name: string) => expect.objectContaining({ problem: name });
const wrongCall = expect.objectContaining({ code: "invalid_argument", option: "entry" });
const bytesOf = (value: unknown): Buffer => Buffer.from(canonicalJson(value as JsonValue));

describe.each(Object.entries(ENTRIES))("%s", (_, entry) => {
  test("is written as canonical JSON and read as it was written", () => {
    const bytes = encodeEntry(entry);
    expect(Buffer.from(bytes).toString()).toBe(canonicalJson(entry as unknown as JsonValue));
    expect(parseEntry(bytes)).toEqual(entry);
  });

  test("has all of its members and no other", () => {
    for (const member of Object.keys(entry)) {
      const { [member as keyof LeafEntry]: _, ...rest } = entry;
      expect(() => parseEntry(bytesOf(rest)), member).toThrow(problem("entry_malformed"));
      expect(() => encodeEntry(rest as LeafEntry), member).toThrow(wrongCall);
      for (const wrong of [{}, [], "", -1, 1.5, true, "x"]) {
        if (
          member === "t" ||
          member === "v" ||
          (wrong === "x" && ["run", "request", "basis", "reason", "archive"].includes(member))
        )
          continue;
        if (member === "days" && canonicalJson(wrong as JsonValue) === "{}") continue;
        expect(
          () => parseEntry(bytesOf({ ...entry, [member]: wrong })),
          `${member} ${canonicalJson(wrong as JsonValue)}`,
        ).toThrow(problem("entry_malformed"));
      }
    }
    expect(() => parseEntry(bytesOf({ ...entry, more: 1 }))).toThrow('unknown member "more"');
    expect(() => encodeEntry({ ...entry, ...{ more: 1 } } as LeafEntry)).toThrow(wrongCall);
  });

  test("with any bit of it flipped is another leaf, or none", () => {
    const bytes = encodeEntry(entry);
    const hash = Buffer.from(leafHash(bytes));
    for (const { changed } of flips(bytes)) {
      expect(hash.equals(leafHash(changed))).toBe(false);
      try {
        const parsed = parseEntry(changed);
        expect(Buffer.from(encodeEntry(parsed)).equals(changed)).toBe(true);
      } catch (error) {
        expect(isEvidenceError(error), String(error)).toBe(true);
      }
    }
  });
});

test.each<readonly [string, string, Readonly<Record<string, unknown>>]>([
  ["a first seal with one before it", "first seal", { prev: HASH }],
  ["a later seal without one before it", "later seal", { prev: null }],
  ["a later seal that begins at the first leaf", "later seal", { first: 0 }],
  ["a first seal that does not", "first seal", { first: 1 }],
  ["more events than leaves", "first seal", { count: 2 }],
  ["no leaf", "later seal", { count: 0 }],
  ["a seal that ends behind what can be counted", "later seal", { first: Number.MAX_SAFE_INTEGER }],
  ["a day with no event", "first seal", { days: { "2026-11-28": 0 } }],
  ["a day that is none", "first seal", { days: { "2026-02-30": 1 } }],
  ["a year of five digits", "first seal", { days: { "+12026-02-03": 1 } }],
  ["another number of leaves than of events", "drop, intent", { days: { "2026-11-28": 2 } }],
  ["an archive without its manifest", "drop, result", { manifest: null }],
  ["a manifest without its archive", "drop, result", { archive: null }],
  ["a restore from no archive", "restore", { archive: null, manifest: null }],
  ["a list with more members", "drop, intent", { leaves: { ...leaves, more: 1 } }],
  ["another number of erased leaves than of events", "erase", { days: {} }],
  ["a gap that begins later", "gap", { since: "2026-11-28T09:00:00.001Z" }],
  ["a time without milliseconds", "gap", { at: "2026-11-28T09:00:00Z" }],
  ["a time in another zone", "gap", { at: "2026-11-28T09:00:00.000+01:00" }],
  ["a day that is none in a time", "gap", { at: "2026-02-30T09:00:00.000Z" }],
  ["the year 0", "gap", { since: "0000-11-28T09:00:00.000Z" }],
  ["a key with an id that is not its own", "key", { vkey: signer.verifierKey.replace("c74f20a3", "c74f20a4") }],
  ["a checkpoint that is none", "fork", { checkpoint: checkpoint.replace("PeterNeumann\n5", "PeterNeumann\n05") }],
  ["a checkpoint without a signature", "fork", { checkpoint: checkpoint.slice(0, checkpoint.indexOf("—")) }],
  ["a text with a lone surrogate", "gap", { reason: "\ud800" }],
  ["an event id in upper case", "event", { eventId: "0195F0A0-0000-7000-8000-000000000001" }],
  ["three commitments", "event", { c: [HASH, HASH, HASH] }],
  ["38 commitments", "event", { c: Array.from({ length: 38 }, () => HASH) }],
  ["a commitment of 31 bytes", "event", { c: [HASH, HASH, HASH, Buffer.alloc(31).toString("base64")] }],
])("%s is refused", (_, name, change) => {
  const entry = { ...ENTRIES[name], ...change };
  expect(() => parseEntry(bytesOf(entry))).toThrow(problem("entry_malformed"));
  expect(() => encodeEntry(entry as LeafEntry)).toThrow(wrongCall);
});

describe("bytes", () => {
  const text = Buffer.from(encodeEntry(ENTRIES.gap as LeafEntry)).toString();
  test.each([
    ["white space", text.replace(":", ": ")],
    ["members in another order", JSON.stringify({ v: 1, ...ENTRIES.gap })],
    ["a member that is there twice", text.replace('"v":1', '"v":1,"v":1')],
    ["an escape that is not needed", text.replace("open", "op\\u0065n")],
    ["a number in another spelling", text.replace('"v":1', '"v":1.0')],
    ["a byte order mark", `\ufeff${text}`],
    ["a newline at the end", `${text}\n`],
    ["no object", "[]"],
    ["null", "null"],
    ["nothing", ""],
    ["no JSON", text.slice(0, -1)],
    ["no kind", '{"v":1}'],
    ["no version", '{"t":"gap"}'],
    ["more than an entry can have", JSON.stringify({ ...ENTRIES.gap, reason: "x".repeat(70_000) })],
    ["nesting without end", `{"at":${"[".repeat(32_000)}${"]".repeat(32_000)},"t":"gap","v":1}`],
  ])("%s is refused", (_, changed) => {
    expect(() => parseEntry(Buffer.from(changed))).toThrow(problem("entry_malformed"));
  });

  test("that are not UTF-8 are refused", () => {
    expect(() => parseEntry(Buffer.from([0xff, 0x7b, 0x7d]))).toThrow(problem("entry_malformed"));
  });

  test("of a kind or a version to come are told apart from damage", () => {
    for (const value of [
      { ...ENTRIES.gap, t: "policy" },
      { ...ENTRIES.gap, v: 2 },
      { t: "__proto__", v: 1 },
      { t: "toString", v: 1 },
    ]) {
      expect(() => parseEntry(bytesOf(value))).toThrow(
        expect.objectContaining({ problem: "entry_unknown", code: "unsupported" }),
      );
      expect(() => encodeEntry(value as LeafEntry)).toThrow(wrongCall);
    }
  });

  test("over 65,535 are neither written nor read", async () => {
    const signature = { name: "witness.example", id: 1, signature: new Uint8Array(50_000) };
    const head = { origin: signer.name, size: 5, root: leafHash(Buffer.from("x")) };
    const fork = { ...ENTRIES.fork, checkpoint: await signCheckpoint(head, [signer], [signature]) } as LeafEntry;
    expect(() => encodeEntry(fork)).toThrow(expect.objectContaining({ code: "too_large" }));
    expect(() => parseEntry(bytesOf(fork))).toThrow(problem("entry_malformed"));
  });
});

describe("lists beside the tree", () => {
  test("are bound by their digest, count and order included", () => {
    expect(leaves.count).toBe(3);
    expect(leafListDigest([])).toEqual({ count: 0, digest: expect.any(String) });
    const others = [
      leafListDigest([
        [0, 2],
        [5, 2],
      ]),
      leafListDigest([
        [0, 2],
        [6, 1],
      ]),
      leafListDigest([[0, 8]]),
    ];
    expect(new Set([leaves, ...others].map(({ digest }) => digest)).size).toBe(4);
    expect(
      erasedListDigest([
        [1, [2]],
        [3, [1, 4]],
      ]).count,
    ).toBe(2);
  });

  test("have one form", () => {
    const refused = expect.objectContaining({ code: "invalid_argument" });
    for (const runs of [
      [
        [5, 1],
        [0, 2],
      ],
      [
        [0, 2],
        [2, 1],
      ],
      [
        [0, 2],
        [1, 4],
      ],
      [[0, 0]],
      [[-1, 2]],
      [[0.5, 1]],
      [[2 ** 53 - 1, 2]],
    ]) {
      expect(() => leafListDigest(runs as [number, number][]), JSON.stringify(runs)).toThrow(refused);
    }
    for (const list of [
      [[1, []]],
      [[1, [0]]],
      [[1, [2, 2]]],
      [[1, [3, 2]]],
      [[1, [37]]],
      [
        [2, [1]],
        [2, [2]],
      ],
      [[-1, [1]]],
      [
        [3, [1]],
        [2, [1]],
      ],
    ]) {
      expect(() => erasedListDigest(list as [number, number[]][]), JSON.stringify(list)).toThrow(refused);
    }
  });
});
