import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { requestDigest } from "@agent-assembly/storage-core/state";
import { describe, expect, it } from "vitest";
import { canonical, digestOf } from "../../src/text/canonical-digest.js";

const VALUES: readonly JsonValue[] = [
  null,
  true,
  -0,
  1e21,
  0.1,
  'é\u2028\ud83d\ude00\\"',
  [],
  {},
  [1, [2, { b: 1, a: [] }]],
  { z: 1, a: { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 } },
  JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as JsonValue,
];

describe("the digest of a request that is shown", () => {
  it.each(VALUES.map((value) => [JSON.stringify(value), value] as const))("of %s is the store's", async (_, value) => {
    expect(canonical(value)).toBe(canonicalJson(value));
    expect(await digestOf(value)).toBe(requestDigest(value));
  });
});
