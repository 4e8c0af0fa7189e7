import { describe, expect, test } from "vitest";
import { isStorageError } from "../../src/index.js";
import { parsePolicyText } from "../../src/policies/parse-text.js";
import { jsonProblem } from "../../src/support/json.js";

async function refusal(text: string, format: "yaml" | "json"): Promise<string> {
  try {
    return `accepted: ${JSON.stringify(await parsePolicyText(text, format))}`;
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return `${error.code}: ${error.message} line ${error.location?.line}`;
  }
}

describe("a policy that readers would read in two ways is refused, with its line", () => {
  test.each([
    ["json", '{\n"default":"deny",\n"x":{"a":1,\n"a":1}}', "names a member twice", 3],
    ["yaml", "default: deny\ndefault: allow\n", "DUPLICATE_KEY", 2],
    ["json", '{\n"max":9007199254740993}', "a number that a double cannot hold", 2],
    ["json", '{"max":1e400}', "a number that a double cannot hold", 1],
    ["yaml", "a: 1\nmax: 9007199254740993\n", "a number that a double cannot hold", 2],
    ["yaml", "max: [0.1000000000000000055]\n", "a number that a double cannot hold", 1],
    ["yaml", "max: 0xFFFFFFFFFFFFFFFF\n", "a number that a double cannot hold", 1],
    ["yaml", "base: &base\n  a: 1\nb:\n  <<: *base\n  c: 2\n", "merge key", 4],
    ["yaml", "a: 1\nenabled: no\n", "YAML 1.1 and 1.2 read differently", 2],
    ["yaml", "rules:\n- {allow: Yes}\n", "YAML 1.1 and 1.2 read differently", 2],
    ["yaml", "limit: 010\n", "YAML 1.1 and 1.2 read differently", 1],
    ["yaml", "limit: 0o10\n", "YAML 1.1 and 1.2 read differently", 1],
    ["yaml", "account: 00421\n", "YAML 1.1 and 1.2 read differently", 1],
    ["yaml", "limit: 1_000\n", "YAML 1.1 and 1.2 read differently", 1],
    ["yaml", "until: 22:00\n", "YAML 1.1 and 1.2 read differently", 1],
    ["yaml", "rules: [a]\nrole: !Ref admin\n", "a tag that means nothing here", 2],
    ["yaml", "null: deny\n", "a key that is null", 1],
    ["yaml", "~: deny\n", "a key that is null", 1],
    ["json", "{\n{", "is no JSON", 2],
  ] as const)("%s %j", async (format, text, problem, line) => {
    const refused = await refusal(text, format);
    expect(refused).toMatch(/^invalid_argument: /);
    expect(refused).toContain(problem);
    expect(refused).toMatch(new RegExp(` line ${line}$`));
  });

  test.each([
    ["json", '{"a":0.10,"b":1e3,"c":9007199254740992}', { a: 0.1, b: 1000, c: 9007199254740992 }],
    [
      "yaml",
      "a: +0.10\nb: 1e3\nc: .5\nd: 5.\ne: 0x10\nf: '9007199254740993'\n'<<': quoted\n",
      { a: 0.1, b: 1000, c: 0.5, d: 5, e: 16, f: "9007199254740993", "<<": "quoted" },
    ],
    [
      "yaml",
      "on: tool_call\na: 'no'\nb: !!str 010\nc: 09:00 to 17:00\nd: 2026-01-01\ne: 0\nf: -0.5\ng: |\n  yes\nh: dead_beef\ni: ~\n",
      {
        on: "tool_call",
        a: "no",
        b: "010",
        c: "09:00 to 17:00",
        d: "2026-01-01",
        e: 0,
        f: -0.5,
        g: "yes\n",
        h: "dead_beef",
        i: null,
      },
    ],
  ] as const)("what they read in one way is not: %s", async (format, text, document) => {
    expect(await parsePolicyText(text, format)).toEqual(document);
  });
});

test("a bigint in a payload is refused with what to do", () => {
  expect(jsonProblem({ n: 7301946528812345677n })).toContain("give its digits as text: String(value)");
});
