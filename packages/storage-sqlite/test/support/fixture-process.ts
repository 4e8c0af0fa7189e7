import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Child {
  readonly process: ChildProcess;
  /** Everything it has printed so far. */
  readonly output: () => string;
  readonly errors: () => string;
  /** Resolves with its exit code, or `null` after a signal. */
  readonly ended: Promise<number | null>;
}

/** Starts a script of `fixtures/` in a process of its own. */
export function startFixture(name: string, args: readonly string[]): Child {
  const script = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { process: child, output: () => output, errors: () => errors, ended };
}
