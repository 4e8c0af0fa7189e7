import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findApiProblems } from "../../src/api/api-rules.mjs";
import { manifestOf, plantWorkspace } from "../support/planted-workspace.js";

type Lists = Parameters<typeof findApiProblems>[1];
const NO_LISTS = { allowed: {}, withExample: {} };

/** What the check says of two packages, of which `user` imports `maker`. */
function problemsOf(files: Readonly<Record<string, string>>, lists: Lists = NO_LISTS): string[] {
  const root = plantWorkspace({
    "packages/maker/package.json": manifestOf("@x/maker"),
    "packages/maker/src/index.ts": "export {};\n",
    "packages/user/package.json": manifestOf("@x/user"),
    "packages/user/src/index.ts": "export {};\n",
    ...files,
  });
  return findApiProblems(root, lists).map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
}

const MAKER = {
  "packages/maker/src/index.ts": 'export { make } from "./make.js";\n',
  "packages/maker/src/make.ts": "\n/** Makes it. */\nexport function make(): number {\n  return 1;\n}\n",
};
const UNUSED = [
  "packages/maker/src/make.ts:3: make, exported by @x/maker, has no user outside of its package: do not export it",
];

describe("a public name", () => {
  it("without a user is found", () => expect(problemsOf(MAKER)).toEqual(UNUSED));

  it.each([
    ["its own sources", "packages/maker/src/other.ts", 'import { make } from "./make.js";\nmake();\n'],
    ["its own tests", "packages/maker/test/make.test.ts", 'import { make } from "@x/maker";\nmake();\n'],
    ["a name that only looks the same", "packages/user/src/other.ts", "const make = 1;\nvoid make;\n"],
    ["another module of that name", "packages/user/src/other.ts", 'import { make } from "else";\nmake();\n'],
    ["another package passing it on", "packages/user/src/index.ts", 'export { make } from "@x/maker";\n'],
    ["a string", "packages/user/src/other.ts", 'export const text = "import { make } from \\"@x/maker\\"";\n'],
  ])("is not used by %s", (_, file, text) => expect(problemsOf({ ...MAKER, [file]: text })).toEqual(UNUSED));

  it.each([
    ["another package", "packages/user/src/other.ts", 'import { make } from "@x/maker";\nmake();\n'],
    ["under another name", "packages/user/src/other.ts", 'import { make as build } from "@x/maker";\nbuild();\n'],
    ["as a type", "packages/user/src/other.ts", 'export type Made = typeof import("@x/maker").make;\n'],
    ["from all of it", "packages/user/src/other.ts", 'import * as maker from "@x/maker";\nmaker.make();\n'],
    ["on demand", "packages/user/src/other.ts", 'const { make } = await import("@x/maker");\nmake();\n'],
    [
      "on demand, with others",
      "packages/user/src/other.ts",
      'const [{ make }] = await Promise.all([import("@x/maker")]);\nmake();\n',
    ],
    ["as a member", "packages/user/src/other.ts", '(await import("@x/maker")).make();\n'],
    ["another package's tests", "packages/user/test/make.test.ts", 'import { make } from "@x/maker";\nmake();\n'],
    ["a README", "packages/maker/README.md", '```ts\nimport { make } from "@x/maker";\n\nmake({ ... });\n```\n'],
    [
      "an example",
      "packages/maker/src/other.ts",
      '/**\n * @example\n * ```ts\n * import { make } from "@x/maker";\n * ```\n */\n',
    ],
  ])("is used by %s", (_, file, text) => expect(problemsOf({ ...MAKER, [file]: text })).toEqual([]));

  it("is used through another package that passes it on", () => {
    const files = {
      "packages/user/src/index.ts": 'export * from "@x/maker";\n',
      "tools/third/package.json": JSON.stringify({ name: "third", private: true }),
      "tools/third/src/index.ts": 'import { make } from "@x/user";\nmake();\n',
    };
    expect(problemsOf({ ...MAKER, ...files })).toEqual([]);
  });

  it("is used as a harness by the tests of its package", () => {
    const files = {
      "packages/maker/package.json": manifestOf("@x/maker", ["testing"]),
      "packages/maker/src/testing.ts": "/** Tries it. */\nexport const harness = 1;\n",
    };
    const test = { "packages/maker/test/x.test.ts": 'import { harness } from "@x/maker/testing";\nvoid harness;\n' };
    expect(problemsOf(files)).toEqual([expect.stringMatching(/^packages\/maker\/src\/testing\.ts:2: harness, /)]);
    expect(problemsOf({ ...files, ...test })).toEqual([]);
  });

  it("is used by the signature of one in use, not by what a function does inside", () => {
    const files = {
      "packages/maker/src/index.ts": `
/** Shown. */
export interface Options extends Base { readonly a?: Deep }
/** Shown by Options. */
export interface Base { readonly b?: string }
/** Shown by Options. */
export type Deep = string;
/** Not shown. */
export interface Hidden { readonly c?: string }
/** Not shown. */
export interface Private { readonly d?: string }
/** Makes it. */
export class Maker {
  constructor(private readonly options: Options) {}
  private kept?: Private;
  make(): void {
    const inside: Hidden = {};
    void [inside, this.options, this.kept];
  }
}
`,
      "packages/user/src/other.ts": 'import { Maker } from "@x/maker";\nnew Maker({});\n',
    };
    expect(problemsOf(files)).toEqual([
      expect.stringMatching(/:9: Hidden, exported by @x\/maker, has no user/),
      expect.stringMatching(/:11: Private, exported by @x\/maker, has no user/),
    ]);
  });

  it("may be allowed with a reason, as long as it needs that", () => {
    const lists = { ...NO_LISTS, allowed: { "@x/maker": { make: "for users" } } };
    const used = { "packages/user/src/other.ts": 'import { make } from "@x/maker";\nmake();\n' };
    expect(problemsOf(MAKER, lists)).toEqual([]);
    expect(problemsOf({ ...MAKER, ...used }, lists)).toEqual([
      expect.stringContaining("make of @x/maker is used, or gone: take it off the list"),
    ]);
  });
});

describe("a docstring", () => {
  const used = (declaration: string) => ({
    "packages/maker/src/index.ts": declaration,
    "packages/user/src/other.ts": 'import { made } from "@x/maker";\nvoid made;\n',
  });
  const MISSING = [expect.stringMatching(/: made, exported by @x\/maker, has no docstring: write one, /)];

  it.each(["function made() {}", "class made {}", "interface made {}", "type made = 1;", "const made = 1;"])(
    "belongs to each public declaration: %s",
    (declaration) => {
      expect(problemsOf(used(`/** Of the file. */\n\nconst first = 1;\nexport ${declaration}\nvoid first;\n`))).toEqual(
        MISSING,
      );
      expect(problemsOf(used(`// No docstring.\nexport ${declaration}\n`))).toEqual(MISSING);
      expect(problemsOf(used(`/** */\nexport ${declaration}\n`))).toEqual(MISSING);
      expect(problemsOf(used(`/** It. */\nexport ${declaration}\n`))).toEqual([]);
      expect(problemsOf(used(`/** It. */\n// For a tool.\nexport ${declaration}\n`))).toEqual([]);
      expect(problemsOf(used(`/** It. */\n${declaration}\nexport { made };\n`))).toEqual([]);
    },
  );

  it("has an example where that is asked for", () => {
    const lists = { ...NO_LISTS, withExample: { "@x/maker": ["make"] } };
    const used = { "packages/user/src/other.ts": 'import { make } from "@x/maker";\nmake();\n' };
    expect(problemsOf({ ...MAKER, ...used }, lists)).toEqual([
      "packages/maker/src/make.ts:3: the docstring of make has no @example: add one, which the package tests then compile",
    ]);
    const example = '/**\n * Makes it.\n * @example\n * ```ts\n * import { make } from "@x/maker";\n * ```\n */';
    const make = MAKER["packages/maker/src/make.ts"].replace("/** Makes it. */", example);
    expect(problemsOf({ ...MAKER, ...used, "packages/maker/src/make.ts": make }, lists)).toEqual([]);
    expect(problemsOf({}, lists)).toEqual([expect.stringContaining("@x/maker has no make")]);
  });
});

describe("imports in a circle", () => {
  it.each([
    ["of values", 'import { b } from "./b.js";\nexport const a = () => b;\n'],
    ["of types", 'import type { b } from "./b.js";\nexport const a = (x: typeof b) => x;\n'],
    ["on demand", 'export const a = () => import("./b.js");\n'],
    ["inside a type", 'export const a = (x: typeof import("./b.js")) => x;\n'],
    ["that pass on", 'export { b } from "./b.js";\nexport const a = 1;\n'],
  ])("are found: %s", (_, text) => {
    const files = {
      "packages/maker/src/deep/a.ts": text,
      "packages/maker/src/deep/b.ts": 'import { a } from "./c.js";\nexport const b = () => a;\n',
      "packages/maker/src/deep/c.ts": 'export { a } from "./a.js";\n',
    };
    const [a, b, c] = Object.keys(files);
    expect(problemsOf(files)).toEqual([expect.stringContaining(`${a}:1: imports itself by way of ${b}, ${c}`)]);
  });

  it("are found between folders, though no module imports itself", () => {
    const files = {
      "packages/maker/src/low/a.ts": 'import type {} from "../high/b.js";\n',
      "packages/maker/src/low/c.ts": "export {};\n",
      "packages/maker/src/high/b.ts": "export {};\n",
      "packages/maker/src/high/d.ts": 'import type {} from "../low/c.js";\n',
    };
    expect(problemsOf(files)).toEqual([
      expect.stringContaining("packages/maker/src/high:1: imports itself by way of packages/maker/src/low"),
    ]);
  });

  it("are found between packages", () => {
    const files = {
      "packages/maker/src/one.ts": 'import type {} from "@x/user";\n',
      "packages/user/src/two.ts": 'import type {} from "@x/maker";\n',
    };
    expect(problemsOf(files)).toEqual([expect.stringContaining("@x/maker:1: imports itself by way of @x/user")]);
  });

  it("are no circle when they only meet", () => {
    const files = {
      "packages/maker/src/a.ts": 'import "./b.js";\nimport "./c.js";\n',
      "packages/maker/src/b.ts": 'import "./c.js";\n',
      "packages/maker/src/c.ts": "export {};\n",
    };
    expect(problemsOf(files)).toEqual([]);
  });
});

it("hold in this workspace", () => {
  expect(findApiProblems(fileURLToPath(new URL("../../../..", import.meta.url)))).toEqual([]);
});
