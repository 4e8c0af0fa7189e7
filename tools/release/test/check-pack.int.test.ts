import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../src/check-pack.mjs", import.meta.url));
const PNPM = "pnpm/12.0.0 npm/? node/v20.19.0 linux x64";

type Files = Readonly<Record<string, string | undefined>>;

const manifest = {
  name: "@acme/a",
  version: "1.2.3",
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
  files: ["dist", "sql", "CHANGELOG.md"],
};

function mapOf(sources: Files): string {
  return JSON.stringify({ sources: Object.keys(sources), sourcesContent: Object.values(sources) });
}

/** A package that its compiler built. */
const built: Files = {
  "package.json": JSON.stringify(manifest),
  "tsconfig.build.json": JSON.stringify({ exclude: ["src/mutants"] }),
  "sql/roles.sql": "",
  "src/index.ts": 'export * from "./deep/x.js";',
  "src/deep/x.ts": "export const x: number = 1;",
  "src/mutants/y.ts": "export {};",
  "dist/index.js": 'export * from "./deep/x.js";',
  "dist/index.js.map": mapOf({ "../src/index.ts": 'export * from "./deep/x.js";' }),
  "dist/index.d.ts": "",
  "dist/deep/x.js": "export const x = 1;",
  "dist/deep/x.js.map": mapOf({ "../../src/deep/x.ts": "export const x: number = 1;" }),
  "dist/deep/x.d.ts": "",
};

/** A command in one file. */
const bundle: Files = {
  "package.json": JSON.stringify({
    name: "@acme/b",
    version: "1.2.3",
    bin: { b: "./bin/b.js" },
    files: ["bin", "dist"],
  }),
  "bin/b.js": 'import "../dist/b.js";',
  "src/b.ts": "b",
  "dist/b.js": 'import{v}from"./v.js";console.log(v)',
  "dist/b.js.map": mapOf({ "../src/b.ts": "b", "../../../node_modules/other/x.js": "x" }),
  "dist/v.js": 'export const v="1.2.3"',
};

/** Runs the check in a folder with these files; those that are `undefined` are left out. */
function check(
  files: Files,
  agent = PNPM,
): { readonly code: number | null; readonly said: string; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "check-pack-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const env = { ...process.env, npm_config_user_agent: agent };
  const { status, stderr } = spawnSync(process.execPath, [program], { cwd: folder, encoding: "utf8", env });
  return { code: status, said: stderr, folder };
}

describe("before a package is packed", () => {
  it("says nothing where its dist is made from its sources", () => {
    expect(check(built)).toMatchObject({ code: 0, said: "" });
    expect(check(bundle)).toMatchObject({ code: 0, said: "" });
  });

  it.each<[what: string, files: Files, says: string]>([
    [
      "was never built",
      Object.fromEntries(Object.entries(built).filter(([file]) => !file.startsWith("dist/"))),
      "dist is missing",
    ],
    ["lacks a module", { ...built, "dist/deep/x.js": undefined }, "dist/deep/x.js is missing"],
    ["lacks declarations", { ...built, "dist/deep/x.d.ts": undefined }, "dist/deep/x.d.ts is missing"],
    ["lacks a new module", { ...built, "src/new.ts": "export {};" }, "dist/new.js is missing"],
    ["lacks what it lists", { ...built, "sql/roles.sql": undefined }, "sql, named in package.json, is missing"],
    ["is older than a source", { ...built, "src/deep/x.ts": "changed" }, "dist/deep/x.js is older than src/deep/x.ts"],
    [
      "has maps without sources",
      { ...built, "dist/index.js.map": JSON.stringify({ sources: ["../src/index.ts"] }) },
      "dist/index.js.map does not hold the source src/index.ts",
    ],
    ["lacks a part of a bundle", { ...bundle, "dist/v.js": undefined }, "dist/v.js, imported by dist/b.js, is missing"],
    ["is a bundle of other sources", { ...bundle, "src/b.ts": "changed" }, "dist/b.js is older than src/b.ts"],
    [
      "is a bundle of another version",
      { ...bundle, "dist/v.js": 'export const v="1.2.2"' },
      "./bin/b.js --version prints 1.2.2, not 1.2.3",
    ],
  ])("refuses one that %s", (_what, files, says) => {
    const { code, said } = check(files);
    expect(code).toBe(1);
    expect(said).toMatch(/^@acme\/[ab] is not packed:\n/);
    expect(said).toContain(`  ${says}\n`);
    expect(said).toMatch(/\nRun pnpm build, then repeat this\.\n$/);
  });

  it.each(["npm/10.8.2 node/v20.19.0 linux x64", "yarn/4.18.1 npm/? node/v20.19.0", ""])("refuses %s", (agent) => {
    const { code, said } = check(built, agent);
    expect(code).toBe(1);
    expect(said).toContain("only pnpm fills in the versions of its dependencies");
  });

  it("removes what is left of sources that are gone", () => {
    const { code, said, folder } = check({ ...built, "dist/old.js": "", "dist/mutants/y.js": "" });
    expect(code).toBe(0);
    expect(said).toContain("removed dist/old.js, whose source is gone");
    expect(existsSync(join(folder, "dist/old.js"))).toBe(false);
    expect(existsSync(join(folder, "dist/mutants/y.js"))).toBe(false);
    expect(existsSync(join(folder, "dist/index.js"))).toBe(true);
  });
});
