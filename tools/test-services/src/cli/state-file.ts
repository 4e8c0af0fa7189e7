import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { cacheFolder, makePublicFolder } from "../process/folders.js";
import { isProcess, startTime } from "../process/processes.js";
import type { ProvidedServices } from "../provide/provided-services.js";

/** What `up` leaves for `status` and `down`. */
export interface State {
  /** The process that started the servers and ends them when it is asked to. */
  readonly keeper: { readonly pid: number; readonly startTime: string };
  readonly services: ProvidedServices;
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
export function isKeeper(keeper: State["keeper"], file: string): boolean {
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
