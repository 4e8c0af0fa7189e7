import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findLicenseProblems, isAllowed } from "../../src/checks/licenses.mjs";

/** A workspace with one package, `@x/app`, of which the sources and what is installed are given. */
function workspace(manifest: object, installed: Readonly<Record<string, object>>, source = ""): string {
  const root = mkdtempSync(join(tmpdir(), "licenses-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (folder: string, content: object): void => {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, "package.json"), JSON.stringify({ version: "1.0.0", ...content }));
  };
  write(".", { license: "Apache-2.0" });
  write("packages/app", { name: "@x/app", license: "Apache-2.0", ...manifest });
  mkdirSync(join(root, "packages/app/src"));
  writeFileSync(join(root, "packages/app/src/index.ts"), source);
  for (const [name, content] of Object.entries(installed)) write(`packages/app/node_modules/${name}`, content);
  return root;
}

function problemsOf(...args: Parameters<typeof workspace>): string[] {
  return findLicenseProblems(workspace(...args)).map(({ problem }) => problem);
}

describe("licences of dependencies", () => {
  it("are named with package, version, way and what to do when they are not on the list", () => {
    const installed = { a: { license: "MIT", dependencies: { b: "1" } }, b: { license: "GPL-3.0-only" } };
    expect(problemsOf({ dependencies: { a: "1" } }, installed)).toEqual([
      "@x/app > a > b (1.0.0) has the licence GPL-3.0-only, which is not on the list: use another package, or, if users may be bound by it, add it to ALLOWED in tools/workspace-checks/src/checks/licenses.mjs",
    ]);
  });

  it.each<[string, object, object]>([
    ["of peers", { peerDependencies: { a: "1" } }, { license: "SSPL-1.0" }],
    ["of installed optional dependencies", { dependencies: { b: "1" } }, { license: "SSPL-1.0" }],
    ["that are absent", { dependencies: { a: "1" } }, {}],
    ["that are in another file", { dependencies: { a: "1" } }, { license: "SEE LICENSE IN LICENSE.md" }],
    ["as lists", { dependencies: { a: "1" } }, { licenses: [{ type: "GPL-2.0" }] }],
  ])("%s count", (_, manifest, a) => {
    expect(problemsOf(manifest, { a, b: { license: "MIT", optionalDependencies: { a: "1", absent: "1" } } })).toEqual([
      expect.stringMatching(/a \(1\.0\.0\) (has the licence|names no licence)/),
    ]);
  });

  it("of development dependencies count where the sources import them, since a bundle has their code", () => {
    const manifest = { devDependencies: { a: "1" } };
    const installed = { a: { license: "GPL-2.0" } };
    expect(problemsOf(manifest, installed, 'import { x } from "a/sub";')).toHaveLength(1);
    expect(problemsOf(manifest, installed, 'import { x } from "ab";')).toEqual([]);
  });

  it("are unknown of what is not installed", () => {
    expect(problemsOf({ dependencies: { a: "1" } }, {})).toEqual([
      "@x/app > a is not installed, so its licence is unknown: run pnpm install",
    ]);
  });

  it.each([
    ["MIT", true],
    ["(MIT OR GPL-3.0)", true],
    ["MIT AND GPL-3.0", false],
    ["(GPL-2.0 AND MIT) OR ISC", true],
    ["MIT AND (GPL-2.0 OR BSD-3-Clause)", true],
    ["mit-like", false],
  ])("%s allowed: %s", (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed);
  });
});
