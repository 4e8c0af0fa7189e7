import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A fixture program in a process of its own. */
export interface Fixture {
  readonly child: ChildProcess;
  /** Its first line of output. Rejects when it ends without one. */
  firstLine(): Promise<string>;
  /** Its whole output, once it has ended with exit code 0. */
  output(): Promise<string>;
}

/** Starts `test/fixtures/<name>.mjs`; it is killed after the test if it still runs. */
export function startFixture(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Fixture {
  const program = fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const text = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.out += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.error += chunk;
  });
  const closed = once(child, "close");
  return {
    child,
    async firstLine() {
      while (!text.out.includes("\n")) {
        const next = await Promise.race([once(child.stdout, "data"), closed.then(() => "closed")]);
        if (next === "closed") throw new Error(`${name} ended early: ${text.error}`);
      }
      return text.out.slice(0, text.out.indexOf("\n"));
    },
    async output() {
      const [code] = await closed;
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${text.error}`);
      return text.out;
    },
  };
}
