import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { builtProgram } from "@agent-assembly/test-programs";
import { onTestFinished } from "vitest";

/** A program of test/programs, built; for the whole file. */
export function builtProgramOf(name: string): Promise<string> {
  return builtProgram(new URL(`../programs/${name}`, import.meta.url));
}

/** One of several OS processes that use the same Redis: takes and gives one JSON value a line. */
export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #received: unknown[] = [];
  #wake: (() => void) | undefined;

  /** @param program built. It has ended when the test has. */
  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on("line", (line) => {
      this.#received.push(JSON.parse(line));
      this.#wake?.();
    });
    this.#child.on("exit", () => this.#wake?.());
    onTestFinished(() => this.kill());
  }

  send(value: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(value)}\n`);
  }

  /** The next value it gives. */
  async next<T>(): Promise<T> {
    while (this.#received.length === 0) {
      if (this.#child.exitCode !== null) throw new Error(`the program ended with ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received.shift() as T;
  }

  /** SIGKILL, as when power fails. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
