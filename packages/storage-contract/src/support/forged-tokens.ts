import { createHash } from "node:crypto";

/** Where the parts of a token begin: version, scope, check sum, body. */
const SCOPE_AT = 1;
const SUM_AT = 17;
const BODY_AT = 25;
const LONG = 1_000_000;

/** A token that nothing made, and what is wrong with it. */
export interface ForgedToken {
  readonly what: string;
  readonly token: unknown;
}

/** In the place of a member of a body: what is no safe integer that is not negative, no id, and no list of those. */
const BAD_MEMBERS: readonly string[] = [
  "null",
  "true",
  "1.5",
  "-1e300",
  "1e999",
  "-0",
  "9007199254740993",
  "-9007199254740993",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  `"${"x".repeat(513)}"`,
  "{}",
  '{"length":1,"0":1}',
  '{"__proto__":1}',
  "[[1]]",
  '["x"]',
  "[null]",
  "[-1]",
];
const BAD_BODIES: readonly string[] = [
  "",
  "[",
  "null",
  "1",
  '"x"',
  "{}",
  "[]",
  "[[]]",
  '{"__proto__":[1]}',
  '{"constructor":{"prototype":[1]}}',
  "[NaN]",
  "[Infinity]",
  `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
  `[${Array.from({ length: 50_000 }, () => "1").join(",")}]`,
];

/**
 * What a client can pass back in the place of a token it was given, none of which a store may accept: other types, damaged
 * text, and intact tokens of this software with bodies, versions and scopes of a forger's choice. For tokens of another
 * format the intact ones are merely damaged.
 */
export function forgedTokens(genuine: string): readonly ForgedToken[] {
  const middle = genuine.length >> 1;
  const damaged: [string, unknown][] = [
    ["a cut token", genuine.slice(0, -1)],
    ["a token without its start", genuine.slice(1)],
    ["a padded token", `${genuine}=`],
    ["a longer token", `${genuine}AAAA`],
    ["a token with spaces", ` ${genuine}`],
    [
      "a changed token",
      `${genuine.slice(0, middle)}${genuine[middle] === "A" ? "B" : "A"}${genuine.slice(middle + 1)}`,
    ],
    ["an empty text", ""],
    ["U+0000", "\u0000"],
    ["no base64url", "§$%&/()=?"],
    ["a very long text", "A".repeat(LONG)],
    ["a very long token", genuine + "A".repeat(LONG)],
    ["JSON", '["x"]'],
    ["a number", 7],
    ["NaN", Number.NaN],
    ["null", null],
    ["a list", [genuine]],
    ["an object", { token: genuine }],
    ["an object with a text", { toString: () => genuine }],
  ];
  return [...damaged.map(([what, token]) => ({ what, token })), ...intactTokens(genuine)];
}

function intactTokens(genuine: string): readonly ForgedToken[] {
  const bytes = Buffer.from(genuine, "base64url");
  const body = bytes.subarray(BODY_AT).toString();
  const [head, members] = [bytes.subarray(0, SUM_AT), membersOf(body)];
  const otherVersion = Buffer.concat([Buffer.of((head[0] ?? 0) + 1), head.subarray(SCOPE_AT)]);
  const otherScope = Buffer.concat([
    head.subarray(0, SCOPE_AT),
    digestOf("another scope").subarray(0, SUM_AT - SCOPE_AT),
  ]);
  const bodies = [
    ...BAD_BODIES,
    `[${[...members, "1"].join(",")}]`,
    `[${members.slice(0, -1).join(",")}]`,
    `[[${members.join(",")}]]`,
    ` ${body}`,
    `{"__proto__":${body}}`,
    ...members.flatMap((_, at) => BAD_MEMBERS.map((bad) => `[${members.with(at, bad).join(",")}]`)),
  ];
  return [
    { what: "an intact token of another version", token: intact(otherVersion, body) },
    { what: "an intact token of another scope", token: intact(otherScope, body) },
    ...bodies.map((bad) => ({ what: `an intact token of ${bad.slice(0, 60)}`, token: intact(head, bad) })),
  ];
}

/** The members of a body as JSON; one that is no member for what is not JSON. */
function membersOf(body: string): string[] {
  try {
    const members: unknown = JSON.parse(body);
    return Array.isArray(members) ? members.map((member) => JSON.stringify(member)) : [body];
  } catch (error) {
    if (error instanceof SyntaxError) return ["0"];
    throw error;
  }
}

function intact(head: Buffer, body: string): string {
  const data = Buffer.concat([head, Buffer.from(body)]);
  const sum = digestOf(data).subarray(0, BODY_AT - SUM_AT);
  return Buffer.concat([head, sum, Buffer.from(body)]).toString("base64url");
}

function digestOf(data: string | Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}
