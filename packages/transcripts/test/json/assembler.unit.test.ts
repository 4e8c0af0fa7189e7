import type { JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Unreadable } from "../../src/bytes/unreadable.js";
import { Assembler } from "../../src/json/assembler.js";
import { JsonSplitter } from "../../src/json/split.js";

/** Documents of objects and lists, whose plain values stand beside them: those in lists are not read in parts. */
const node = fc.letrec<{ object: JsonValue; list: JsonValue }>((tie) => ({
  object: fc.dictionary(
    fc.oneof(fc.constantFrom("a", "b~", "c/d", "__proto__"), fc.stringMatching(/^[a-z]{1,5}$/)),
    fc.oneof({ depthSize: "small" }, fc.nat(9), fc.constantFrom("text", null), tie("object"), tie("list")),
    { maxKeys: 4 },
  ) as fc.Arbitrary<JsonValue>,
  list: fc.array(fc.oneof({ depthSize: "small" }, tie("object"), tie("list")), {
    maxLength: 4,
  }) as fc.Arbitrary<JsonValue>,
}));

test("a document that was read in parts is what it was", () => {
  fc.assert(
    fc.property(node.object, fc.integer({ min: 12, max: 60 }), (value, partLength) => {
      const text = JSON.stringify(value, undefined, 1);
      const splitter = new JsonSplitter(partLength);
      const parts = new Assembler();
      let whole: JsonValue | undefined;
      try {
        for (const one of [...splitter.feed(text), ...splitter.end()]) {
          if (one.pointer === "") whole = one.value;
          else parts.add(one.pointer, one.value, one.around);
        }
      } catch (error) {
        // A value that is longer than a part is refused, not read wrongly.
        if (!(error instanceof Unreadable)) throw error;
        return;
      }
      if (whole !== undefined) expect(whole).toEqual(value);
      else if (!parts.empty) expect(subset(parts.take() as JsonValue, value)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

/** Objects without any container in them are not read at all, when they are larger than a part. */
function subset(part: JsonValue, whole: JsonValue): boolean {
  if (typeof part !== "object" || part === null || typeof whole !== "object" || whole === null) return part === whole;
  if (Array.isArray(part) !== Array.isArray(whole)) return false;
  return Object.entries(part).every(([name, value]) => {
    if (!Object.hasOwn(whole, name)) return false;
    return (
      (value === null && Array.isArray(part)) || subset(value, (whole as Record<string, JsonValue>)[name] as JsonValue)
    );
  });
}
