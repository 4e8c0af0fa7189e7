import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { endProcess } from "./end-process.js";
import { isProcess } from "./process-identity.js";
import { serverUser } from "./server-user.js";
import { watch } from "./watch.js";

/** A server process that runs until it is ended, or until this process ends. */
export interface ServerProcess {
  readonly pid: number;
  isRunning(): boolean;
  /** Sends `signal`, and SIGKILL after 10 s; resolves when the process is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** What to start. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Part of the arguments that only this process has: its folder. */
  readonly mark: string;
  /** Gets what the server prints. */
  readonly logFile: string;
  /** What ends the server and leaves nothing behind, should this process die. */
  readonly endSignal: NodeJS.Signals;
}

/** Starts a server in the background as the server user. Rejects when the program cannot be run. */
export async function spawnServer(command: ServerCommand): Promise<ServerProcess> {
  const { program, args, mark, logFile, endSignal } = command;
  const log = openSync(logFile, "a");
  const child = spawn(program, args, {
    ...serverUser(),
    cwd: "/",
    // Ctrl-C in the terminal is not for the server: it ends by order, after its clients.
    detached: true,
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  if (child.pid === undefined) {
    const [error] = await once(child, "error");
    throw new Error(`cannot run ${program}`, { cause: error });
  }
  const { pid } = child;
  const forget = watch({ kind: "process", pid, mark, signal: endSignal });
  child.unref();
  return {
    pid,
    isRunning: () => isProcess(pid, mark),
    async end(signal) {
      await endProcess(pid, mark, signal);
      forget();
    },
  };
}
