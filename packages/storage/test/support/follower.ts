import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { builtProgram } from "@agent-assembly/test-programs";
import { expect, onTestFinished } from "vitest";
import type { StorageOptions } from "../../src/index.js";

export interface Served {
  readonly version: number;
  readonly source: string;
}

/** Longer than any test: what a process keeps goes only because it was told of a change. */
export const KEPT_FOR_AN_HOUR = { ttlMs: 3_600_000 };

/** The program of {@link Follower}, built; for the whole file. */
export function builtFollower(): Promise<string> {
  return builtProgram(new URL("../fixtures/policy-follower.mjs", import.meta.url));
}

/** A process that serves a policy from its cache. */
export class Follower {
  readonly #child: ChildProcess;
  /** Each time the version or its source changed. */
  readonly served: Served[] = [];
  #wake = (): void => undefined;

  constructor(program: string, options: StorageOptions, name: string) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(options), name], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.served.push(JSON.parse(line) as Served);
      this.#wake();
    });
    this.#child.once("close", () => this.#wake());
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  /** Resolves when it serves the version out of what it keeps. */
  async keeps(version: number): Promise<void> {
    while (!this.served.some((one) => one.version === version && one.source === "process")) {
      if (this.#child.exitCode !== null) throw new Error(`the follower ended with ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/**
 * Activates versions 2 to `last` of a policy of which version 1 is active, each when every follower keeps the one before,
 * and expects that each follower is told every time: it asks for the new version once, and keeps that.
 */
export async function expectToldOfEach(
  followers: readonly Follower[],
  last: number,
  activate: (version: number) => Promise<unknown>,
): Promise<void> {
  for (let version = 1; version <= last; version++) {
    if (version > 1) await activate(version);
    await Promise.all(followers.map((follower) => follower.keeps(version)));
  }
  for (const { served } of followers) {
    const kept = served.findIndex(({ source }) => source === "process");
    const asked = (version: number): Served => ({ version, source: expect.stringMatching(/^(redis|store)$/) });
    const expected = Array.from({ length: last - 1 }, (_, n) => [asked(n + 2), { version: n + 2, source: "process" }]);
    expect(served.slice(kept + 1)).toEqual(expected.flat());
  }
}

/** Saves so many versions of a policy. */
export async function saveVersions(
  policies: { save(document: { name: string; source: string }, options: { actor: string }): Promise<unknown> },
  name: string,
  count: number,
): Promise<void> {
  for (let n = 1; n <= count; n++) await policies.save({ name, source: `limit: ${n}\n` }, { actor: "test" });
}
