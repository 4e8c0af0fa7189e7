import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ServerUser } from "./server-user.js";
import { watch } from "./watch.js";

/** How to run one command to its end. */
export interface CommandOptions {
  /** Run as this user; `undefined` is the current one. */
  readonly user?: ServerUser | undefined;
  /** Part of the arguments that only this run has, such as a random folder name. */
  readonly mark: string;
  readonly timeoutMs?: number;
}

/**
 * Runs a command, with everything it starts in a process group of its own that is killed when this process dies.
 * Resolves with its standard output; rejects with the last lines of its output when it does not exit with 0.
 */
export async function runOwnedCommand(
  program: string,
  args: readonly string[],
  { user, mark, timeoutMs = 120_000 }: CommandOptions,
): Promise<string> {
  const child = spawn(program, args, {
    ...user,
    cwd: "/",
    detached: true,
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "close");
  const forget =
    child.pid === undefined
      ? undefined
      : watch({ kind: "process", pid: child.pid, mark, signal: "SIGKILL", group: true });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), timeoutMs);
  try {
    const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw new Error(`${program} ended with ${code ?? signal}: ${lastLines(output)}`);
    return output.stdout;
  } finally {
    clearTimeout(timer);
    forget?.();
  }
}

function lastLines({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return (stderr.trim() === "" ? stdout : stderr).trim().split("\n").slice(-8).join("\n");
}
