import { spawn } from "node:child_process";
import { basename, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { INSTALLED } from "./installed.js";
import type { ExampleStore } from "./stores.js";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that was started. */
export interface Program {
  /** What it wrote to stdout so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves to the first match in what it writes; fails when it ends without one. */
  wrote(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

/**
 * Starts a program of an example with the environment of a store and nothing else of this one. It is killed when the test
 * ends.
 *
 * @param folder of the example in the workspace
 * @param args path of the script in the folder, and its arguments
 */
export function startExample(
  folder: string,
  args: readonly string[],
  store: ExampleStore,
  env: Readonly<Record<string, string>> = {},
): Program {
  const cwd = INSTALLED === undefined ? folder : join(INSTALLED, basename(folder));
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...store.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const written = { stdout: "", stderr: "" };
  let isEnded = false;
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      written[name] += text;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => {
      isEnded = true;
      resolve({ code, signal });
    });
  });
  return {
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    ended,
    wrote: (pattern) =>
      vi.waitUntil(
        () => {
          const found = pattern.exec(written.stdout + written.stderr);
          if (found === null && isEnded) throw new Error(`ended before it wrote ${pattern}: ${written.stderr}`);
          return found;
        },
        { interval: 20, timeout: 60_000 },
      ),
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
