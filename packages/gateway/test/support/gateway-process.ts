import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { builtProgram } from "@agent-assembly/test-programs";
import { onTestFinished } from "vitest";

/** A gateway in a process of its own. */
export interface GatewayProcess {
  readonly url: string;
  readonly port: string;
  /** Ends it at once, as when power fails; resolves when it is gone. */
  kill(): Promise<void>;
}

/** What starts gateways; call it where a test file is loaded. */
export async function gatewayProgram(): Promise<(storage: object, port?: string) => Promise<GatewayProcess>> {
  const program = await builtProgram(new URL("../fixtures/serve-until-killed.mjs", import.meta.url));
  return async (storage, port = "0") => {
    const child = spawn(process.execPath, [program, JSON.stringify(storage), port], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => end(child));
    const url = await firstLine(child.stdout);
    return { url, port: new URL(url).port, kill: () => end(child) };
  };
}

async function firstLine(output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) return line;
  throw new Error("the gateway ended before it listened");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
