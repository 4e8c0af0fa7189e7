import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { findHouseProblems, MOST_FILES, MOST_LINES } from "../../src/checks/house-rules.mjs";
import { MOST_RUNS, SHORTEST_RUN } from "../../src/checks/identical-runs.mjs";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** What the check says of a workspace that consists of these files. */
function problemsOf(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), "house-rules-"));
  roots.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return findHouseProblems(root).map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
}

function filesIn(folder: string, count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`${folder}/${at}.ts`, "export {};\n"]));
}

/** No two of them alike. */
function linesOf(name: string, count: number): string {
  return Array.from({ length: count }, (_, at) => `${name}${at};\n`).join("");
}

describe("folders", () => {
  it.each(["packages/a/src", "packages/a/src/deep", "packages/a/test", "tools/b/src", "tools/b/test/x"])(
    "hold few files: %s",
    (folder) => {
      expect(problemsOf(filesIn(folder, MOST_FILES))).toEqual([]);
      expect(problemsOf(filesIn(folder, MOST_FILES + 1))).toEqual([
        `${folder}:1: 17 files in one folder, more than 16: group them by feature`,
      ]);
    },
  );

  it("may be larger elsewhere", () => expect(problemsOf(filesIn("packages/a/migrations", 40))).toEqual([]));
});

describe("files", () => {
  const long = linesOf("x", MOST_LINES + 1);

  it("are short", () => {
    expect(problemsOf({ "packages/a/src/x.ts": linesOf("x", MOST_LINES) })).toEqual([]);
    expect(problemsOf({ "packages/a/src/x.ts": long, "tools/b/test/y.ts": long })).toEqual([
      "packages/a/src/x.ts:401: 401 lines, more than 400: split it",
      "tools/b/test/y.ts:401: 401 lines, more than 400: split it",
    ]);
  });

  it("may be long when they are generated", () => expect(problemsOf({ "packages/a/src/x.gen.ts": long })).toEqual([]));
});

describe("identical lines", () => {
  /** @param pairs of files with the same lines */
  const pairsOfFiles = (pairs: number, lines: number, name: (file: string) => string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: pairs }, (_, pair) =>
        ["a", "b"].map((file) => [name(`${file}${pair}`), linesOf(`pair${pair}_`, lines)]),
      ).flat(),
    );
  const inTools = (file: string): string => `tools/t${file}/src/x.ts`;

  it("are few", () => {
    expect(problemsOf(pairsOfFiles(MOST_RUNS, SHORTEST_RUN, inTools))).toEqual([]);
    const problems = problemsOf(pairsOfFiles(MOST_RUNS + 1, SHORTEST_RUN, inTools));
    expect(problems).toHaveLength(MOST_RUNS + 1);
    expect(problems).toContain(
      "tools/ta7/src/x.ts:1: 6 lines as in tools/tb7/src/x.ts:1, one of 16 such pairs, more than 15: share them",
    );
  });

  it("may be many where they are short, generated or in tests", () => {
    expect(problemsOf(pairsOfFiles(MOST_RUNS + 1, SHORTEST_RUN - 1, inTools))).toEqual([]);
    expect(problemsOf(pairsOfFiles(MOST_RUNS + 1, SHORTEST_RUN, (file) => `tools/t/src/${file}/x.gen.ts`))).toEqual([]);
    expect(problemsOf(pairsOfFiles(MOST_RUNS + 1, SHORTEST_RUN, (file) => `tools/t/test/${file}/x.ts`))).toEqual([]);
  });
});

describe("vocabulary", () => {
  it.each([
    "nobody",
    "Somebody's",
    "whoever",
    "everybody",
    "someone",
    "door",
    "meant",
    "goes on with",
    "is gone on with",
    "what there is",
    "stands on",
  ])("of readers, without %s", (word) => {
    const [problem, ...others] = problemsOf({ "packages/a/src/x.ts": `export {};\n// It ${word} x.\n` });
    expect(problem).toMatch(/^packages\/a\/src\/x\.ts:2: ".+" is private vocabulary; say ./);
    expect(others).toEqual([]);
  });

  it("holds in documents and changesets", () => {
    const files = { "README.md": "A door.", "docs/x.md": "A door.", ".changeset/x.md": "A door." };
    expect(problemsOf(files)).toHaveLength(3);
  });

  it("allows values, test data, dependencies and words that only look alike", () => {
    const files = {
      "packages/a/src/x.ts": 'runAs("nobody"); // as `nobody`, outdoors; understands only',
      "packages/a/test/x.ts": "// nobody\n",
      "packages/a/node_modules/b/README.md": "nobody",
    };
    expect(problemsOf(files)).toEqual([]);
  });
});

describe("commands", () => {
  it.each(["npx aasm migrate", "npx --yes aasm status", "pnpm dlx aasm", "`bunx aasm`", "npm exec -- aasm demo"])(
    "run no package that is not ours: %s",
    (command) => {
      const foreign = '"aasm" is not our package; say "npx @agent-assembly/cli", or "aasm" after';
      expect(problemsOf({ "README.md": command, "packages/a/src/x.ts": `// ${command}\n` })).toEqual([
        expect.stringContaining(`README.md:1: ${foreign}`),
        expect.stringContaining(`packages/a/src/x.ts:1: ${foreign}`),
      ]);
    },
  );

  it.each(["npx @agent-assembly/cli migrate", "aasm migrate", "npx --yes pnpm@12.21.0 exec aasm", "npx aasm-other"])(
    "may be ours, or run what is installed: %s",
    (command) => expect(problemsOf({ "README.md": command })).toEqual([]),
  );

  it.each(["npm install x", "pnpm add x", "yarn rebuild x", "bun add x"])(
    "of one package manager are in no error: %s",
    (command) => {
      const text = `export const remedy = "Run ${command}";\n`;
      expect(problemsOf({ "packages/a/src/x.ts": text })).toEqual([
        expect.stringMatching(
          /^packages\/a\/src\/x\.ts:1: ".+" is a command of one package manager; use installRemedy/,
        ),
      ]);
      expect(problemsOf({ "packages/a/README.md": command, "tools/a/src/x.ts": text })).toEqual([]);
    },
  );
});

describe("paths in CONTRIBUTING.md and ARCHITECTURE.md", () => {
  const files = { "packages/a/src/x.ts": "export {};\n", "docs/y.md": "Y.\n" };

  it("exist", () => {
    const text =
      "`packages/a/src/x.ts`, `packages/*/src`, `x.ts`, `*.ts`, [y](docs/y.md), [there](https://example.com)";
    expect(problemsOf({ ...files, "CONTRIBUTING.md": text })).toEqual([]);
    expect(
      problemsOf({ ...files, "ARCHITECTURE.md": "\n`packages/b/src`, `z.ts`, [z](docs/z.md), `packages/b-NAME`" }),
    ).toEqual([
      'ARCHITECTURE.md:2: "packages/b/src" does not exist: name the file or folder as it is now',
      'ARCHITECTURE.md:2: "z.ts" does not exist: name the file or folder as it is now',
      'ARCHITECTURE.md:2: "docs/z.md" does not exist: name the file or folder as it is now',
    ]);
  });
});

describe("await using", () => {
  const block = (language: string) => `\`\`\`${language}\nawait using storage = await openStorage();\n\`\`\`\n`;
  const because = "Node.js 20.19 cannot run `await using`: close in `finally`, or make it a ts block";

  it("is in TypeScript only, and a README says what JavaScript needs", () => {
    expect(problemsOf({ "docs/a.md": `\`await using \` is text\n\n${block("ts")}${block("js")}` })).toEqual([
      `docs/a.md:7: ${because}`,
    ]);
    expect(problemsOf({ "README.md": block("sh") })).toEqual([`README.md:2: ${because}`]);
    expect(problemsOf({ "packages/a/README.md": block("ts") })).toEqual([
      'packages/a/README.md:2: a README with `await using` says "In JavaScript `await using` needs Node.js 24"',
    ]);
    const said = "In JavaScript `await using` needs Node.js 24; before that, call `close()`.\n\n";
    expect(problemsOf({ "packages/a/README.md": `${said}${block("ts")}` })).toEqual([]);
  });
});

describe("scripts of a package", () => {
  const scripts = { lint: "biome check .", typecheck: "tsc -p tsconfig.json --noEmit" };

  it("are lint and typecheck, and test where there are tests", () => {
    const without = { "packages/a/package.json": "{}", "packages/a/test/x.unit.test.ts": "export {};\n" };
    expect(problemsOf(without)).toEqual([
      'packages/a/package.json:1: has no script "lint": add it, as a rule "biome check ."',
      'packages/a/package.json:1: has no script "typecheck": add it, as a rule "tsc -p tsconfig.json --noEmit"',
      'packages/a/package.json:1: has no script "test": add it, as a rule "vitest run"',
    ]);
    expect(problemsOf({ "tools/a/package.json": JSON.stringify({ scripts }) })).toEqual([]);
  });
});

it("hold in this workspace", () => {
  expect(findHouseProblems(fileURLToPath(new URL("../../../..", import.meta.url)))).toEqual([]);
});
