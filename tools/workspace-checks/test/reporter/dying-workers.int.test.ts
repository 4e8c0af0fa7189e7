import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("./fixtures/dying", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

/** Runs the test files of the fixture as a run of its own. */
function run(): Promise<{ code: number | null; lines: string[] }> {
  // As a person starts it: not as a part of the run that this test is in.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NODE_|VITEST|TEST$|FORCE_)/.test(name));
  const env = { ...Object.fromEntries(inherited), NO_COLOR: "1" };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [vitest, "run"], { cwd: folder, env }, (_error, stdout) =>
      resolve({ code: child.exitCode, lines: stdout.trimEnd().split("\n") }),
    );
  });
}

describe("a run in which worker processes end", async () => {
  const { code, lines } = await run();

  it.each([
    ["is killed", "killed.fixture.ts"],
    ["is killed while it loads the file", "on-import.fixture.ts"],
    ["exits with code 0", "exiting.fixture.ts"],
    ["runs out of memory", "out-of-memory.fixture.ts"],
  ])("names the file when one %s", (_how, file) => {
    const named = lines.slice(lines.indexOf("Test files that did not end") + 1);
    expect(named, lines.join("\n")).toContain(`  ${file}: its process ended in the middle of it`);
  });

  it("runs the other files, and fails", () => {
    expect(code).toBe(1);
    expect(lines.join("\n")).toContain("✓ fine.fixture.ts");
    expect(lines.filter((line) => line.includes("fine.fixture.ts: its process"))).toEqual([]);
    expect(lines).toContain("  takes its process down (its process ended)");
    expect(lines.at(-1)).toMatch(/^[12] passed, 4 failed/);
  });
});
