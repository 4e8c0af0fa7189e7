import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));
/** For each store; the faults stop then, and what came of them is checked. */
const MINUTES = "0.5";
/** Limits only end what hangs. */
const LONGEST_MS = 600_000;
/** The same in each run, so that a failing one says something of the change; `pnpm soak` takes another one each time. */
const SEED = "20261129";

describe(...needing("own-servers", "under random faults"), () => {
  it.each(["sqlite", "postgres"])(
    "%s keeps what it acknowledged, and whatever else it promises",
    async (store) => {
      const { status, stdout, stderr } = await run(["--store", store, "--minutes", MINUTES, "--seed", SEED]);
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toContain("\n0 violations\n");
      expect(stdout).toMatch(/^faults: .*process killed [1-9]/m);
      for (const role of ["writer", "reader", "follower", "retainer", "approver", "policyEditor", "holder"]) {
        expect(stdout).toMatch(new RegExp(`^work: .*\\b${role} [1-9]`, "m"));
      }
    },
    LONGEST_MS,
  );
});

async function run(args: readonly string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { status, stdout, stderr };
}
