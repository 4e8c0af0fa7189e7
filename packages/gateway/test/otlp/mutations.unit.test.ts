import { gunzipSync } from "node:zlib";
import type { JsonValue } from "@agent-assembly/storage-core";
import type { OtlpLog, OtlpSpan } from "@agent-assembly/transcripts/otlp";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ProblemError } from "../../src/http/problem.js";
import { parseLogs, parseSpans } from "../../src/otlp/json/records.js";
import { readLogs } from "../../src/otlp/protobuf/logs.js";
import { readPoints } from "../../src/otlp/protobuf/points.js";
import { readSpans } from "../../src/otlp/protobuf/spans.js";
import { RECORDINGS, recordedRequests } from "../support/recordings.js";

/** A million by this variable; in all runs the same bodies come first. */
const BODIES = Number(process.env.AASM_TEST_OTLP_BODIES ?? 10_000);

/** Bodies that clients sent, unzipped and without what only lays them out; the largest would take most of the time. */
const RECORDED = RECORDINGS.flatMap(recordedRequests)
  .filter(({ path }) => path !== "/v1/metrics")
  .map(({ path, headers, body }) => {
    const isJson = headers["content-type"] === "application/json";
    const plain = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    return { path, isJson, body: isJson ? Buffer.from(JSON.stringify(JSON.parse(plain.toString()))) : plain };
  })
  .filter(({ body }) => body.length <= 6_000);
const PROTOBUF = RECORDED.filter(({ isJson }) => !isJson).map(
  ({ path, body }) => [body, path === "/v1/traces" ? readSpans : readLogs] as const,
);
const JSON_BODIES = RECORDED.filter(({ isJson }) => isJson).map(
  ({ path, body }) => [body, path === "/v1/traces" ? parseSpans : parseLogs] as const,
);

interface Change {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly kind: "set" | "insert" | "cut" | "end" | "copy";
}
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
    kind: fc.constantFrom("set", "set", "insert", "cut", "copy", "end"),
  }),
  { minLength: 1, maxLength: 5 },
);

function changed(body: Buffer, list: readonly Change[]): Buffer {
  let bytes = Buffer.from(body);
  for (const { at, bytes: own, kind } of list) {
    const place = at % (bytes.length + 1);
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
    if (kind === "set") bytes.set(own.subarray(0, bytes.length - place), place);
    else if (kind === "insert") bytes = Buffer.concat([before, own, after]);
    else if (kind === "cut") bytes = Buffer.concat([before, after.subarray(own.length)]);
    else if (kind === "copy") bytes = Buffer.concat([before, after.subarray(0, 40 * own.length), after]);
    else bytes = Buffer.from(before);
  }
  return bytes;
}

/** What is decoded; nothing where the body is refused in the terms of the gateway. */
function decoded<Item>(read: (bytes: Buffer) => Item[], bytes: Buffer): Item[] {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 400) return [];
    throw error;
  }
}

/** Calls `visit` with each text and each value within a value. */
function walk(value: JsonValue, visit: (value: JsonValue) => void): void {
  visit(value);
  if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) visit(name);
      walk(inner as JsonValue, visit);
    }
  }
}

function partsOf(record: OtlpSpan | OtlpLog): JsonValue[] {
  const { attributes, origin, ...own } = record;
  const texts = "events" in own ? [own.name, own.message ?? ""] : [own.eventName ?? "", own.body ?? null];
  const entries = [...attributes, ...origin.resource].flat();
  return [...texts, ...entries, origin.scope.name ?? "", origin.schemaUrl ?? ""];
}

test("bytes of protobuf that are changed: nothing throws but ours, and what is read was sent", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PROTOBUF), changes, ([body, read], list) => {
      const bytes = changed(body, list);
      const records = decoded<OtlpSpan | OtlpLog>(read, bytes);
      // Each record and each value takes two bytes at least: what is made of a body is bounded by its size.
      let values = records.length;
      for (const record of records) {
        for (const part of partsOf(record)) {
          walk(part, (value) => {
            values++;
            if (typeof value !== "string" || value.includes("\ufffd") || isMade(value)) return;
            if (!bytes.includes(value) && !bytes.includes(Buffer.from(value, "base64"))) expect.fail(`${value} is new`);
          });
        }
      }
      const shared = records.length * 40;
      expect(values).toBeLessThanOrEqual(bytes.length + shared);
    }),
    { numRuns: BODIES, seed: 1 },
  );
});

/** Numbers that no double holds, and those that JSON does not have, are text. */
function isMade(text: string): boolean {
  return /^-?\d+$|^-?Infinity$|^NaN$/.test(text);
}

test("the same bytes as metrics, and bytes without any order", () => {
  const anything = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const odd = fc.tuple(fc.constantFrom(...PROTOBUF), changes).map(([[body], list]) => changed(body, list));
  fc.assert(
    fc.property(fc.oneof(anything, odd), (bytes) => {
      for (const read of [readSpans, readLogs, readPoints]) expect(decoded<object>(read, bytes)).toBeInstanceOf(Array);
    }),
    { numRuns: BODIES, seed: 2 },
  );
});

test("bytes of JSON that are changed: nothing throws but ours", () => {
  fc.assert(
    fc.property(fc.constantFrom(...JSON_BODIES), changes, ([body, parse], list) => {
      expect(decoded<object>(parse, changed(body, list))).toBeInstanceOf(Array);
    }),
    { numRuns: BODIES / 10, seed: 3 },
  );
});
