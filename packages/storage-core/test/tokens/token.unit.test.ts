import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { isStorageError } from "../../src/errors.js";
import { parseTokenKey } from "../../src/tokens/keys.js";
import { tokenInteger, tokenList, tokenText, tokenTuple, tokenUuid } from "../../src/tokens/shape.js";
import { defineToken } from "../../src/tokens/token.js";

const ID = "018f3c6e-0000-7000-8000-00000000000a";
const page = defineToken("page", [tokenInteger(-5, 10_000), tokenUuid()]);
const snapshot = defineToken("snapshot", [tokenInteger(), tokenInteger(), tokenList(tokenInteger(), 3000)]);
const nested = defineToken("nested", [tokenText(8), tokenTuple([tokenInteger(), tokenList(tokenText(4), 2)])]);
const KEY = "0123456789abcdef0123456789abcdef";
const OTHER_KEY = "fedcba9876543210fedcba9876543210";

/** An intact token without a signature, of any body. */
function forged(token: string, body: string | Buffer, version?: number): string {
  const head = Buffer.from(token, "base64url").subarray(0, 17);
  if (version !== undefined) head[0] = version;
  const data = Buffer.concat([head, Buffer.from(body)]);
  const sum = createHash("sha256").update(data).digest().subarray(0, 8);
  return Buffer.concat([head, sum, Buffer.from(body)]).toString("base64url");
}

describe("a token", () => {
  it("returns its body, with types, in its own scope only", () => {
    const token = page.encode([5, ID], { scope: "newest {}" });
    const body = page.decode("cursor", token, { scope: "newest {}" });
    expect(body).toEqual([5, ID]);
    expectTypeOf(body).toEqualTypeOf<readonly [number, string]>();
    expectTypeOf(nested.decode).returns.toEqualTypeOf<readonly [string, readonly [number, readonly string[]]]>();
    expect(() => page.decode("cursor", token, { scope: "oldest {}" })).toThrow(
      /page\.cursor belongs to another filter/,
    );
    expect(() => page.decode("cursor", token)).toThrow(/another filter/);
    expect(() => snapshot.decode("after", token)).toThrow(/options\.after is not a position in this kind of store/);
  });

  it("returns any body that fits, and is never longer than its kind allows", () => {
    const integer = fc.maxSafeNat();
    fc.assert(
      fc.property(
        integer,
        integer,
        fc.array(integer, { maxLength: 3000, size: "max" }),
        fc.boolean(),
        (a, b, c, signed) => {
          const context = { keys: parseTokenKey(signed ? KEY : undefined) };
          const token = snapshot.encode([a, b, c], context);
          expect(snapshot.decode("asOf", token, context)).toEqual([a, b, c]);
          expect(token.length).toBeLessThanOrEqual(snapshot.maxLength);
        },
      ),
      { numRuns: 20 },
    );
    const most = Array.from({ length: 3000 }, () => Number.MAX_SAFE_INTEGER);
    const longest = snapshot.encode([most[0] as number, most[0] as number, most], { keys: parseTokenKey(KEY) });
    expect(longest.length).toBeLessThanOrEqual(snapshot.maxLength);
    const escapes = nested.encode(["\u0001".repeat(8), [0, ["\u0001".repeat(4), "é€"]]]);
    expect(nested.decode("cursor", escapes)[1][1][1]).toBe("é€");
    expect(escapes.length).toBeLessThanOrEqual(nested.maxLength);
  });

  it("notices every changed, missing or added character", () => {
    const token = page.encode([1700, ID]);
    for (let i = 0; i < token.length; i++) {
      const changed = token.slice(0, i) + (token[i] === "A" ? "B" : "A") + token.slice(i + 1);
      expect(() => page.decode("cursor", changed)).toThrow(/damaged/);
      expect(() => page.decode("cursor", token.slice(0, i))).toThrow(/damaged/);
    }
    expect(() => page.decode("cursor", `${token}A`)).toThrow(/damaged/);
  });

  it("says which version it has when it is intact", () => {
    expect(() => page.decode("cursor", forged(page.encode([1, ID]), "[1]", 2))).toThrow(
      /has version 2.*reads version 1/,
    );
  });

  it.each([
    "[]",
    "[1]",
    "null",
    "1",
    '"x"',
    "{}",
    '{"__proto__":[1]}',
    '{"0":1,"1":"x","length":2}',
    `["x","${ID}"]`,
    `[null,"${ID}"]`,
    `[[1],"${ID}"]`,
    `[1.5,"${ID}"]`,
    `[-6,"${ID}"]`,
    `[10001,"${ID}"]`,
    `[-1e300,"${ID}"]`,
    `[1e400,"${ID}"]`,
    `[NaN,"${ID}"]`,
    `[-0,"${ID}"]`,
    `[1e1,"${ID}"]`,
    `[ 1,"${ID}"]`,
    `[1,"${ID}",1]`,
    `[1,"${ID.toUpperCase()}"]`,
    '[1,"x"]',
    "[1,{}]",
    "",
    "[",
  ])("that was forged with the body %s is refused", (body) => {
    expect(() => page.decode("cursor", forged(page.encode([1, ID]), body))).toThrow(
      /page\.cursor is damaged, or was not made by this store \(a string of \d+ characters\)/,
    );
  });

  it("is refused unread where it is too long, and where it is deeply nested or not UTF-8", () => {
    const long = "A".repeat(page.maxLength + 1);
    for (const token of [
      long,
      "A".repeat(5_000_000),
      forged(page.encode([1, ID]), Buffer.of(0x5b, 0x22, 0xff, 0x22, 0x5d)),
    ]) {
      expect(() => page.decode("cursor", token)).toThrow(/damaged/);
    }
    const deep = "[".repeat(40_000) + "]".repeat(40_000);
    expect(() => snapshot.decode("asOf", forged(snapshot.encode([1, 1, []]), deep))).toThrow(/damaged/);
  });

  it("refuses arbitrary input as invalid_argument that names the option", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string(),
          fc.json().map((json) => forged(page.encode([1, ID]), json)),
        ),
        (value) => {
          try {
            page.decode("asOf", value);
            return false;
          } catch (error) {
            return isStorageError(error, "invalid_argument") && error.option === "options.asOf";
          }
        },
      ),
    );
  });

  it("is not made of what does not fit", () => {
    expect(() => page.encode([Number.NaN, ID])).toThrow(expect.objectContaining({ code: "corrupt" }));
    expect(() => snapshot.encode([1, 1, Array.from({ length: 3001 }, () => 1)])).toThrow(/out of range/);
  });
});

describe("a signed token", () => {
  const keys = parseTokenKey(KEY);
  const token = page.encode([5, ID], { keys });

  it("is accepted with its key only", () => {
    expect(page.decode("cursor", token, { keys })).toEqual([5, ID]);
    expect(() => page.decode("cursor", token)).toThrow(/damaged/);
    expect(() => page.decode("cursor", token, { keys: parseTokenKey(OTHER_KEY) })).toThrow(/damaged/);
  });

  it("of another kind or scope is refused, although the key is the same", () => {
    expect(() => page.decode("cursor", token, { keys, scope: "x" })).toThrow(/another filter/);
    expect(() => snapshot.decode("cursor", token, { keys })).toThrow(/another filter/);
  });

  it("cannot be forged", () => {
    expect(() => page.decode("cursor", page.encode([5, ID]), { keys })).toThrow(/damaged/);
    expect(() => page.decode("cursor", forged(token, `[6,"${ID}"]`), { keys })).toThrow(/damaged/);
    const bytes = Buffer.from(token, "base64url");
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ 1;
      expect(() => page.decode("cursor", changed.toString("base64url"), { keys })).toThrow(/damaged/);
    }
  });

  it("stays valid while keys are changed: the first key signs, all verify", () => {
    const both = parseTokenKey([OTHER_KEY, KEY]);
    expect(page.decode("cursor", token, { keys: both })).toEqual([5, ID]);
    expect(page.encode([5, ID], { keys: both })).toBe(page.encode([5, ID], { keys: parseTokenKey(OTHER_KEY) }));
  });

  it("is not needed while keys are introduced", () => {
    const either = parseTokenKey([KEY, "unsigned"]);
    expect(page.decode("cursor", page.encode([5, ID]), { keys: either })).toEqual([5, ID]);
    expect(page.decode("cursor", token, { keys: either })).toEqual([5, ID]);
    expect(page.encode([5, ID], { keys: either })).toBe(token);
    expect(() => page.decode("cursor", forged(token, "[1]"), { keys: either })).toThrow(/damaged/);
  });
});

describe("tokenKey", () => {
  it.each([
    ["", /32 to 512 characters, got a string of 0/],
    ["short", /got a string of 5/],
    ["x".repeat(513), /got a string of 513/],
    [`${KEY}\0`, /32 to 512/],
    [7, /got an integer/],
    [null, /got null/],
    [{}, /got an object/],
    [[], /1 to 8 texts, got an array of 0/],
    [Array.from({ length: 9 }, () => KEY), /got an array of 9/],
    [[KEY, "x"], /got a string of 1/],
    ["unsigned", /got a string of 8/],
    [["unsigned", KEY], /got a string of 8/],
  ])("%j is refused without being repeated", (key, message) => {
    expect(() => parseTokenKey(key)).toThrow(message);
    expect(() => parseTokenKey(key)).toThrow(
      expect.objectContaining({ code: "invalid_argument", option: "options.tokenKey" }),
    );
  });

  it("is optional", () => {
    expect(parseTokenKey(undefined)).toBeUndefined();
  });
});
