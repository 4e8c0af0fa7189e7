import { execFile } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { dropDatabase } from "../postgres/databases.js";
import { removeOwnFolder } from "./folders.js";
import { isProcess, sendSignal } from "./processes.js";
import { waitUntil } from "./wait-until.js";
import type { WatchdogMessage, WatchedResource } from "./watch.js";

/*
 * A small process beside each process that starts servers. Its standard input is a pipe from there, which the kernel
 * closes however that process ends, kill -9 included. Then everything that was not forgotten is removed.
 */

/** Servers first, so that only databases on other servers are left to drop; folders when no process writes to them. */
const ORDER: readonly WatchedResource["kind"][] = ["process", "container", "database", "folder"];

const watched = new Map<number, WatchedResource>();

function obey(message: WatchdogMessage): void {
  if (message.action === "watch") watched.set(message.id, message.resource);
  else watched.delete(message.id);
}

/** Removes what a dead process left. Returns whether all of it could be removed; one error does not stop the rest. */
async function removeResources(resources: readonly WatchedResource[]): Promise<boolean> {
  let complete = true;
  for (const kind of ORDER) {
    const ofKind = resources.filter((resource) => resource.kind === kind);
    const results = await Promise.allSettled(ofKind.map(removeResource));
    complete &&= results.every(({ status }) => status === "fulfilled");
  }
  return complete;
}

async function removeResource(resource: WatchedResource): Promise<void> {
  switch (resource.kind) {
    case "process":
      if (resource.group && isProcess(resource.pid, resource.mark)) sendSignal(-resource.pid, resource.signal);
      return endProcess(resource.pid, resource.mark, resource.signal);
    case "folder":
      return removeOwnFolder(resource.path);
    case "container":
      await promisify(execFile)("docker", ["rm", "--force", "--volumes", resource.name]);
      return;
    case "database":
      return dropDatabase(resource.adminUrl, resource.name);
  }
}

/** Sends `signal`, and SIGKILL after a minute. Leaves a process alone whose command line does not hold `mark`. */
async function endProcess(pid: number, mark: string, signal: NodeJS.Signals): Promise<void> {
  for (const next of [signal, "SIGKILL"] as const) {
    if (!isProcess(pid, mark)) return;
    sendSignal(pid, next);
    if (await waitUntil(() => (isProcess(pid, mark) ? undefined : true), 60_000)) return;
  }
  throw new Error(`process ${pid} is still there after SIGKILL`);
}

// Ctrl-C and a closed terminal are for the process we watch: its end is our start.
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line) as WatchdogMessage);

// In reverse: what was started last may need what was started first.
if (!(await removeResources([...watched.values()].reverse()))) process.exitCode = 1;
