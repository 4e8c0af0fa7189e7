import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

/** Something that must be gone when the process that made it has died. */
export type WatchedResource =
  | {
      readonly kind: "process";
      readonly pid: number;
      /** Part of the command line that only this process has; a pid without it has been reused and is left alone. */
      readonly mark: string;
      readonly signal: NodeJS.Signals;
      /** Whether to end the whole process group that it leads. */
      readonly group?: boolean;
    }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "container"; readonly name: string }
  | { readonly kind: "database"; readonly adminUrl: string; readonly name: string };

/** One line, as JSON, from a process to its watchdog. */
export type WatchdogMessage =
  | { readonly action: "watch"; readonly id: number; readonly resource: WatchedResource }
  | { readonly action: "forget"; readonly id: number };

let watchdog: ChildProcess | undefined;
let nextId = 0;

/**
 * Has a resource removed when this process ends in whatever way, kill -9 included. Call it before the resource exists
 * or, for a process, right after the spawn.
 *
 * @returns forgets the resource; call it once the resource has been removed in the normal way
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
    // A session of its own, so that Ctrl-C in the terminal does not reach it; a folder that is never unmounted.
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
