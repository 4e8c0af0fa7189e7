import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../../src/checks/native-module.mjs", import.meta.url));
const fixture = fileURLToPath(new URL("./fixtures/without-native-part.cjs", import.meta.url));

interface Machine {
  readonly brokenBy: string;
  /** Files that the machine has, below the folder that Node.js is in. */
  readonly has: readonly string[];
}

/** Runs the check where better-sqlite3 does not load. */
function checkOn({ brokenBy, has }: Machine): { readonly code: number | null; readonly lines: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "native-module-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of has) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  const env = { PATH: join(folder, "tools"), BROKEN_BY: brokenBy, NODE_FOLDER: folder };
  const { status, stderr, stdout } = spawnSync(process.execPath, ["--require", fixture, program], {
    env,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  return { code: status, lines: stderr.replaceAll(folder, "FOLDER").trimEnd().split("\n") };
}

const NOT_BUILT = "Could not locate the bindings file. Tried:\n → a\n → b";
const COMPILER = ["tools/make", "tools/c++"];

describe("the check that better-sqlite3 loads", () => {
  it.each([
    [
      "the headers of Node.js",
      NOT_BUILT,
      COMPILER,
      /headers of Node\.js .* are not at FOLDER.include.node.node\.h/,
      /Use a Node\.js/,
    ],
    ["a compiler", NOT_BUILT, ["include/node/node.h"], /there is no C\+\+ compiler/, /^Install them and Python 3/],
    [
      "the right version of Node.js",
      "NODE_MODULE_VERSION 115",
      [],
      /another version/,
      /^Run: pnpm rebuild better-sqlite3$/,
    ],
    ["nothing that it knows", NOT_BUILT, [...COMPILER, "include/node/node.h"], /Could not locate/, /To see why, run: /],
  ])("says in two lines what to do where there lacks %s", (_what, brokenBy, has, missing, remedy) => {
    const { code, lines } = checkOn({ brokenBy, has });
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(missing), expect.stringMatching(remedy)]);
  });

  it("says nothing where it does", () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [program], { encoding: "utf8" });
    expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: "", stdout: "" });
  });
});
