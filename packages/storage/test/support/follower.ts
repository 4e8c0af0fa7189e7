import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { StorageOptions } from "../../src/index.js";

export interface Change {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly source: string;
}

/** A process that serves a policy from its cache. */
export class Follower {
  readonly #child: ChildProcess;
  readonly #changes: Change[] = [];
  #wake = (): void => undefined;

  constructor(options: StorageOptions, name: string) {
    const script = fileURLToPath(new URL("../fixtures/policy-follower.mjs", import.meta.url));
    this.#child = spawn(process.execPath, [script, JSON.stringify(options), name], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.#changes.push(JSON.parse(line) as Change);
      this.#wake();
    });
    this.#child.once("close", () => this.#wake());
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  /** When it first served the version. */
  async served(version: number): Promise<Change> {
    for (;;) {
      const change = this.#changes.find((one) => one.version === version);
      if (change !== undefined) return change;
      if (this.#child.exitCode !== null) throw new Error(`the follower ended with ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Activates versions 2 to `last` of a policy of which every follower serves version 1; how late each served each. */
export async function delaysOf(
  followers: readonly Follower[],
  last: number,
  activate: (version: number) => Promise<unknown>,
): Promise<number[]> {
  await Promise.all(followers.map((follower) => follower.served(1)));
  const delays: number[] = [];
  for (let version = 2; version <= last; version++) {
    await activate(version);
    const stored = Date.now();
    const served = await Promise.all(followers.map((follower) => follower.served(version)));
    delays.push(...served.map(({ at }) => at - stored));
  }
  return delays.sort((a, b) => a - b);
}

export function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** Saves so many versions of a policy. */
export async function saveVersions(
  policies: { save(document: { name: string; source: string }, options: { author: string }): Promise<unknown> },
  name: string,
  count: number,
): Promise<void> {
  for (let n = 1; n <= count; n++) await policies.save({ name, source: `limit: ${n}\n` }, { author: "test" });
}
