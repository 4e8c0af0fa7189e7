import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** The folder of this package: programs that run here find it by its name. */
export const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** The built command `aasm`. */
export const AASM = createRequire(import.meta.url).resolve("@agent-assembly/cli/bin/aasm.js");

/** A program of `test/fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process is started with. */
export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called with all that was written to stdout so far. */
  readonly onStdout?: (stdout: string, child: ChildProcess) => void;
}

/** Runs a command to its end, or to the end of the test. */
export function run(command: string, args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { cwd = PACKAGE, env = {}, input = "", onStdout } = options;
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    onTestFinished(() => void child.kill("SIGKILL"));
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onStdout?.(stdout, child);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject).on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.end(input);
  });
}
