import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withLock } from "../process/lock.js";
import { logTail } from "../process/spawn.js";
import { waitUntil } from "../process/wait-until.js";
import { VARIABLES } from "../provide/environment.js";
import { readState, type State, stateFile } from "./state-file.js";

/** Starts the services in the background, or finds them running. Rejects with the log of what went wrong. */
export async function up(): Promise<State> {
  const file = await stateFile();
  return withLock(`${file}.lock`, 600_000, async () => (await readState(file)) ?? startKeeper(file));
}

async function startKeeper(file: string): Promise<State> {
  const logFile = `${file}.log`;
  const log = openSync(logFile, "w", 0o600);
  const program = fileURLToPath(new URL("./keeper.js", import.meta.url));
  // The variables may still name the servers of an earlier `up`; and to start servers is what was asked for.
  const unset = Object.fromEntries(Object.values(VARIABLES).map((name) => [name, ""]));
  const env = { ...process.env, ...unset };
  const keeper = spawn(process.execPath, [program, file], {
    cwd: "/",
    detached: true,
    env,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  keeper.unref();
  const outcome = await waitUntil(async () => {
    if (keeper.exitCode !== null || keeper.signalCode !== null) return "ended";
    const state = await readState(file);
    // A keeper that is on its way out may still have its file there.
    return state?.keeper.pid === keeper.pid ? state : undefined;
  }, 600_000);
  if (typeof outcome === "object") return outcome;
  throw new Error(`the services did not start:\n${logTail(logFile, 30)}`);
}
