import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../bin/validate-storage-backend.js", import.meta.url));
const MEMORY = new URL("../dist/memory-harness.js", import.meta.url).href;

/** Newer versions of Node.js remove types by themselves. */
const runsTypeScript = Boolean((process.features as { readonly typescript?: unknown }).typescript);

const folder = mkdtempSync(join(tmpdir(), "typescript-harness-"));
afterAll(() => rmSync(folder, { recursive: true }));

function validate(name: string, text: string) {
  writeFileSync(join(folder, name), text);
  const args = [BIN, join(folder, name), "--filter", "audit.append.same"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("a harness in TypeScript, without a loader", () => {
  it(runsTypeScript ? "runs" : "is refused once, with the ways to run it", () => {
    const { status, stdout, stderr } = validate(
      "mine.mts",
      `import { memoryHarness } from ${JSON.stringify(MEMORY)};\nconst name: string = "mine";\nexport const harness = { ...memoryHarness, name };\n`,
    );
    if (runsTypeScript) {
      expect(stdout).toContain("mine: 2 passed, 0 failed, 0 missing");
      expect(status).toBe(0);
      return;
    }
    expect(stderr).toMatch(
      /^cannot load .*mine\.mts: Node\.js \d+\.\d+\.\d+ does not run TypeScript\. Compile it, or install tsx .*\n$/,
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  if (!runsTypeScript) return;

  it("says what Node.js cannot remove", () => {
    const { status, stderr } = validate("enum.mts", "enum A { a }\nexport default { a: A.a };\n");
    expect(stderr).toMatch(/enum\.mts: .*only removes types: compile it, or install tsx/);
    expect(status).toBe(2);
  });

  it("says why a module named .js is not found", () => {
    writeFileSync(join(folder, "backend.ts"), "export const harness = {};");
    const { status, stderr } = validate("importing.mts", 'export { harness } from "./backend.js";\n');
    expect(stderr).toMatch(/Cannot find module .*backend\.js.*If it is a \.ts file, import it by that name/);
    expect(status).toBe(2);
  });
});

it("a program that ends before its work fails", () => {
  const { status, stdout } = validate("stuck.mjs", "await new Promise(() => {});");
  expect({ failed: status !== 0, stdout }).toEqual({ failed: true, stdout: "" });
});
