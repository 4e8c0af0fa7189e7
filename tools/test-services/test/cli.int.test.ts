import { execFile } from "node:child_process";
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { cacheFolder } from "../src/process/folders.js";
import { commandLine } from "../src/process/processes.js";
import { redisCommand } from "../src/redis/redis-command.js";
import { needing } from "../src/vitest/needing.js";
import { eventually } from "./support/eventually.js";
import { publicFolder } from "./support/public-folder.js";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI with a cache and a temporary folder of its own, so that servers of the user's own `up` are not touched. */
function sandbox() {
  const cache = publicFolder();
  const temporary = publicFolder();
  const prepared = existsSync(cacheFolder())
    ? readdirSync(cacheFolder()).filter((name) => /^[0-9a-f]{16}$/.test(name))
    : [];
  for (const name of prepared) symlinkSync(join(cacheFolder(), name), join(cache, name));
  const env = { ...process.env, AASM_TEST_SERVICES_CACHE: cache, TMPDIR: temporary };
  const run = (...args: string[]) =>
    new Promise<Answer>((resolve) => {
      execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  onTestFinished(async () => {
    await run("down");
  });
  return { run, temporary };
}

describe(...needing("own-servers", "pnpm services"), () => {
  it.for([["nonsense"], ["up", "down"], ["up", "--nonsense"], []])(
    "exits with 2 and its usage for %j",
    async (args) => {
      const { code, stderr } = await sandbox().run(...args);
      expect(code).toBe(2);
      expect(stderr).toContain("Usage: pnpm services up|down|status [--json]");
    },
  );

  it("starts once, says what to export, and stops", async () => {
    const { run, temporary } = sandbox();
    expect(await run("status")).toMatchObject({ code: 1, stdout: expect.stringContaining("Not running") });
    const [first, second] = await Promise.all([run("up", "--json"), run("up", "--json")]);
    const state = JSON.parse(first.stdout);
    expect(JSON.parse(second.stdout)).toEqual(state);
    expect(JSON.parse((await run("status", "--json")).stdout)).toEqual(state);
    expect(await redisCommand(state.export.AASM_TEST_REDIS_URL, ["PING"])).toBe("PONG");
    expect((await run("up")).stdout).toContain(`export AASM_TEST_REDIS_URL='${state.export.AASM_TEST_REDIS_URL}'`);
    expect(await run("down")).toMatchObject({ code: 0, stdout: "Stopped.\n" });
    expect(commandLine(state.pid)).toBeUndefined();
    expect(readdirSync(temporary)).toEqual([]);
    expect(await run("down")).toMatchObject({ code: 0, stdout: "Nothing was running.\n" });
  });

  it("forgets servers whose keeper was killed, and they are gone", async () => {
    const { run, temporary } = sandbox();
    const { pid } = JSON.parse((await run("up", "--json")).stdout);
    process.kill(pid, "SIGKILL");
    await eventually(() => expect(readdirSync(temporary)).toEqual([]));
    expect((await run("status")).code).toBe(1);
  });
});
