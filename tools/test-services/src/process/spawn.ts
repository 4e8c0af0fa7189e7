import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { type ServerUser, serverUser } from "./server-user.js";
import { waitUntil } from "./wait-until.js";
import { watch } from "./watch.js";

/** A server process that runs until it is ended, or until this process ends. */
export interface ServerProcess {
  readonly pid: number;
  isRunning(): boolean;
  /** Sends `signal`, and SIGKILL after a minute; resolves when the process is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** What to start. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Part of the arguments that only this process has: its folder. */
  readonly mark: string;
  /** Gets what the server prints. */
  readonly logFile: string;
  /** What ends the server and leaves nothing behind, should this process die. */
  readonly endSignal: NodeJS.Signals;
  /** Runs it as the current user, root or not: where it is installed the server user may not get. */
  readonly asOwnUser?: boolean;
}

/** Starts a server in the background, as the server user unless told otherwise. Rejects when the program cannot be run. */
export async function spawnServer(command: ServerCommand): Promise<ServerProcess> {
  const { program, args, mark, logFile, endSignal, asOwnUser = false } = command;
  const log = openSync(logFile, "a");
  const child = spawn(program, args, {
    ...(asOwnUser ? {} : serverUser()),
    cwd: "/",
    // Ctrl-C in the terminal is not for the server: it ends by order, after its clients.
    detached: true,
    // NODE_OPTIONS of a test runner are not for a server that runs on Node.js.
    env: { ...process.env, LC_ALL: "C.UTF-8", NODE_OPTIONS: "" },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  if (child.pid === undefined) {
    const [error] = await once(child, "error");
    throw new Error(`cannot run ${program}`, { cause: error });
  }
  const { pid } = child;
  const forget = watch({ kind: "process", pid, mark, signal: endSignal });
  child.unref();
  return {
    pid,
    isRunning: () => isRunning(child),
    async end(signal) {
      // Its pid is not given to another process before Node has seen its end.
      for (const [next, patienceMs] of [
        [signal, 60_000],
        ["SIGKILL", 60_000],
      ] as const) {
        if (isRunning(child)) child.kill(next);
        await waitUntil(() => (isRunning(child) ? undefined : true), patienceMs);
      }
      if (isRunning(child)) throw new Error(`${program} (process ${pid}) is still there after SIGKILL`);
      forget();
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** The last lines of a server's log, for an error message. */
export function logTail(file: string, lines = 10): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

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
