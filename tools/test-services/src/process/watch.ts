import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { WatchdogMessage, WatchedResource } from "./watched-resource.js";

let watchdog: ChildProcess | undefined;
let nextId = 0;

/**
 * Has a resource removed when this process ends in whatever way, kill -9 included. Call it before the resource exists
 * or, for a process, right after the spawn. The answer is to be called once it has been removed in the normal way.
 */
export function watch(resource: WatchedResource): () => void {
  watchdog ??= startWatchdog();
  const id = nextId++;
  send(watchdog, { action: "watch", id, resource });
  let forgotten = false;
  return () => {
    if (forgotten || watchdog === undefined) return;
    forgotten = true;
    send(watchdog, { action: "forget", id });
  };
}

function send(to: ChildProcess, message: WatchdogMessage): void {
  to.stdin?.write(`${JSON.stringify(message)}\n`);
}

function startWatchdog(): ChildProcess {
  // The built file also when this one is run from the sources, by tests: Node cannot run TypeScript.
  const program = fileURLToPath(new URL("../../dist/process/watchdog.js", import.meta.url));
  if (!existsSync(program)) throw new Error(`${program} is missing: build the package first`);
  const child = spawn(process.execPath, [program], {
    // A session of its own, so that Ctrl-C in the terminal does not reach it; a folder that nobody wants to unmount.
    detached: true,
    cwd: tmpdir(),
    // NODE_OPTIONS of a test runner would load its hooks here.
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", (error) => {
    throw new Error("the watchdog process of the test services did not start", { cause: error });
  });
  child.stdin.on("error", (error) => {
    process.emitWarning(`the watchdog of the test services is gone, so servers may be left behind: ${error.message}`);
  });
  // Neither the process nor its pipe may keep a finished program from ending.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}
