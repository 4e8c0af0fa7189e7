import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { builtProgram } from "@agent-assembly/test-programs";
import { onTestFinished } from "vitest";

export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** The whole lines it has printed so far. */
  readonly lines: readonly string[];
  readonly errors: () => string;
  /** Resolves when it has printed so many lines. @throws when it ended before */
  readonly printed: (count: number) => Promise<void>;
  /** Resolves with its exit code, or `null` after a signal, when all it printed has been read. */
  readonly ended: Promise<number | null>;
}

/** A script of `fixtures/`, built; for the whole file. */
export function builtFixture(name: string): Promise<string> {
  return builtProgram(new URL(`../fixtures/${name}`, import.meta.url));
}

/** Starts a built script in a process of its own, which ends with the test at the latest. */
export function startFixture(program: string, args: readonly string[]): Child {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  let errors = "";
  let isOver = false;
  let wake = (): void => undefined;
  // What a killed process had begun to write is cut anywhere; a line counts when it is whole.
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const found = (rest + text).split("\n");
    rest = found.pop() ?? "";
    lines.push(...found);
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = once(child, "close").then(([code]) => {
    isOver = true;
    wake();
    return code as number | null;
  });
  const printed = async (count: number): Promise<void> => {
    while (lines.length < count) {
      if (isOver) throw new Error(`the process ended after ${lines.length} lines: ${errors}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { process: child, lines, errors: () => errors, printed, ended };
}
