import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const packages = fileURLToPath(new URL("../../../../packages", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
/** The oldest version that the READMEs name. */
const oldest = join(modules, "typescript-oldest/lib/tsc.js");

const folder = mkdtempSync(join(tmpdir(), "old-typescript-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
}

beforeAll(() => {
  mkdirSync(join(folder, "node_modules/@agent-assembly"), { recursive: true });
  const specifiers = readdirSync(packages).flatMap((directory) => {
    const manifest = readFileSync(join(packages, directory, "package.json"), "utf8");
    const { name, exports = {} } = JSON.parse(manifest) as Manifest;
    symlinkSync(join(packages, directory), join(folder, "node_modules", name), "junction");
    return Object.keys(exports)
      .filter((entry) => !entry.endsWith(".json"))
      .map((entry) => `${name}${entry.slice(1)}`);
  });
  symlinkSync(realpathSync(join(modules, "@types")), join(folder, "node_modules/@types"), "junction");
  const imports = specifiers.map((specifier, n) => `export * as entry${n} from "${specifier}";\n`);
  writeFileSync(join(folder, "all.ts"), imports.join(""));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
});

function errorsWith(module: string, moduleResolution: string, skipLibCheck: boolean): string[] {
  const options = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    `${skipLibCheck}`,
    "--target",
    "ES2022",
    "--types",
    "node",
  ];
  const args = [oldest, ...options, "--module", module, "--moduleResolution", moduleResolution, "all.ts"];
  const { stdout, error } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout.split("\n").filter((line) => line !== "");
}

describe("with TypeScript 5.4, the oldest that is supported", () => {
  it("the declarations of all packages have no errors", () => {
    expect(errorsWith("NodeNext", "NodeNext", false)).toEqual([]);
  });

  it("they are found with moduleResolution bundler too", () => {
    expect(errorsWith("ESNext", "bundler", true)).toEqual([]);
  });

  it("moduleResolution node10 is told to use another one", () => {
    const lines = errorsWith("ESNext", "node10", true);
    expect(lines[0]).toContain("TS2307: Cannot find module '@agent-assembly/");
    expect(lines[1]).toMatch(/There are types at .* Consider updating to 'node16', 'nodenext', or 'bundler'\./);
  });
});
