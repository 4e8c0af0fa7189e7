import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { builtProgram } from "@agent-assembly/test-programs";
import { onTestFinished } from "vitest";
import type { StorageOptions } from "../../src/index.js";

/** The program of {@link Approver}, built; for the whole file. */
export function builtApprover(): Promise<string> {
  return builtProgram(new URL("../fixtures/approver.mjs", import.meta.url));
}

export interface ApproverTask {
  readonly task: "submit" | "decide" | "decide-backwards";
  readonly name: string;
}

/** A process that works on a queue of approvals; what it does is written in the script. */
export class Approver {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string, options: StorageOptions, { task, name }: ApproverTask) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(options), task, name], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const output = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines = output[Symbol.asyncIterator]();
    onTestFinished(() => this.kill());
  }

  /** The next line it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the approver ended without saying more");
    return value as string;
  }

  go(): void {
    this.#child.stdin?.write("go\n");
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await gone;
  }
}
