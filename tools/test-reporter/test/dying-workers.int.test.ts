import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("./fixtures/dying", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

/** Runs test files of the fixture as a run of its own. */
function runOf(...files: string[]): Promise<{ code: number | null; lines: string[] }> {
  // As a person starts it: not as a part of the run that this test is in.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NODE_|VITEST|TEST$|FORCE_)/.test(name));
  const env = { ...Object.fromEntries(inherited), NO_COLOR: "1" };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [vitest, "run", ...files], { cwd: folder, env }, (_error, stdout) =>
      resolve({ code: child.exitCode, lines: stdout.trimEnd().split("\n") }),
    );
  });
}

describe("a run in which a worker process ends", () => {
  it.each([
    ["is killed", "killed.fixture.ts"],
    ["exits with code 0", "exiting.fixture.ts"],
    ["runs out of memory", "out-of-memory.fixture.ts"],
  ])("fails and names the file when it %s, and still runs the others", async (_how, file) => {
    const { code, lines } = await runOf(file, "fine.fixture.ts");
    expect(code).toBe(1);
    const title = lines.indexOf("Test files that did not end");
    expect(lines[title + 1], lines.join("\n")).toBe(`  ${file}: its process ended in the middle of it`);
    expect(lines.join("\n")).toContain("✓ fine.fixture.ts");
    expect(lines.at(-1)).toMatch(/^[12] passed, 1 failed/);
  });
});
