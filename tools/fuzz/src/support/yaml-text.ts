import fc from "fast-check";
import { oddText } from "./junk.js";
import { changed, changes } from "./mutate.js";

const scalar = fc.oneof(
  fc.constantFrom(
    "true",
    "~",
    "1",
    "0x10",
    ".nan",
    ".inf",
    "-1e999",
    "2026-01-01",
    '"x"',
    "'y'",
    "*a",
    "*b",
    "!!binary x",
  ),
  oddText.map((text) => JSON.stringify(text)),
);
const key = fc.oneof(
  fc.constantFrom("a", "__proto__", "constructor", "<<", "? [1, 2]", "toString", '"\\u202e"'),
  oddText.map((text) => JSON.stringify(text)),
);
const line = fc
  .tuple(
    fc.nat({ max: 3 }),
    fc.constantFrom("", "- ", "- - ", "? ", "&a ", "&b ", "!!set ", "!!omap ", "!x "),
    key,
    scalar,
    fc.boolean(),
  )
  .map(([depth, prefix, name, value, pair]) => `${"  ".repeat(depth)}${prefix}${pair ? `${name}: ` : ""}${value}`);
/** Levels of lists, each of which names the one before several times. */
const bomb = fc
  .record({ levels: fc.integer({ min: 1, max: 12 }), width: fc.integer({ min: 1, max: 12 }) })
  .map(({ levels, width }) =>
    Array.from({ length: levels }, (_, n) => {
      const items = n === 0 ? Array(width).fill("x") : Array(width).fill(`*l${n - 1}`);
      return `l${n}: &l${n} [${items.join(", ")}]`;
    }).join("\n"),
  );
const flat = fc.integer({ min: 1, max: 3000 }).map((count) => `a: &a 1\nb: [${Array(count).fill("*a").join(",")}]`);
const deep = fc.integer({ min: 1, max: 3000 }).map((depth) => `a: ${"[".repeat(depth)}${"]".repeat(depth)}`);

/** YAML as people, programs and attackers write it. @param valid texts that a few bytes are changed of */
export function yamlText(valid: readonly string[]): fc.Arbitrary<string> {
  const mutated = fc
    .tuple(fc.constantFrom(...valid), changes)
    .map(([text, list]) => Buffer.from(changed(Buffer.from(text), list)).toString());
  return fc.oneof(
    { weight: 4, arbitrary: mutated },
    { weight: 3, arbitrary: fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n")) },
    { weight: 1, arbitrary: fc.oneof(bomb, flat, deep) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  );
}
