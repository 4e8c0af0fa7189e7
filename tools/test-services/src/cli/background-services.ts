import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, makePublicFolder } from "../process/folders.js";
import { withLock } from "../process/lock.js";
import { isProcess, sendSignal, startTime } from "../process/processes.js";
import { logTail } from "../process/spawn.js";
import { waitUntil } from "../process/wait-until.js";
import { VARIABLES } from "../provide/profiles.js";
import type { ProvidedServices } from "../provide/provided-services.js";

/** What `up` leaves for `status` and `down`. */
export interface State {
  /** The process that started the servers and ends them when it is asked to. */
  readonly keeper: { readonly pid: number; readonly startTime: string };
  readonly services: ProvidedServices;
}

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
  const options = { cwd: "/", detached: true, env: { ...process.env, ...unset } };
  const keeper = spawn(process.execPath, [program, file], { ...options, stdio: ["ignore", log, log] });
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

/** Stops what `up` started, and nothing else. Returns whether there was anything to stop. */
export async function down(): Promise<boolean> {
  const file = await stateFile();
  const state = await readState(file);
  if (state === undefined) {
    await removeState(file);
    return false;
  }
  sendSignal(state.keeper.pid, "SIGTERM");
  const ended = await waitUntil(() => (isKeeper(state.keeper, file) ? undefined : true), 60_000);
  if (ended === undefined)
    throw new Error(`the keeper of the services, process ${state.keeper.pid}, did not end in 60 s`);
  return true;
}

/** Where the state is: one file per user, made ready to be written. */
export async function stateFile(): Promise<string> {
  const folder = cacheFolder();
  await makePublicFolder(folder);
  return join(folder, `running-${userInfo().username}.json`);
}

/** The state, if its keeper is still alive; a file that a dead keeper left does not count. */
export async function readState(file: string): Promise<State | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const state = JSON.parse(text) as State;
  return isKeeper(state.keeper, file) ? state : undefined;
}

/** Whether a process is the keeper of this state file, and not another one that got its pid. */
function isKeeper(keeper: State["keeper"], file: string): boolean {
  return isProcess(keeper.pid, file) && startTime(keeper.pid) === keeper.startTime;
}

/** Writes the state of this process, a keeper; readers see the old file or the new one. Only its owner may read it. */
export async function writeState(file: string, services: ProvidedServices): Promise<void> {
  const keeper = { pid: process.pid, startTime: startTime(process.pid) as string };
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ keeper, services } satisfies State), { mode: 0o600 });
  await rename(draft, file);
}

export async function removeState(file: string): Promise<void> {
  await rm(file, { force: true });
}
