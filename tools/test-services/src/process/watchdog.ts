import { createInterface } from "node:readline";
import { removeResources } from "./remove-resource.js";
import type { WatchdogMessage, WatchedResource } from "./watched-resource.js";

/**
 * A small process beside each process that starts servers. Its standard input is a pipe from there, which the kernel
 * closes however that process ends, kill -9 included. Then everything that was not forgotten is removed.
 */
const watched = new Map<number, WatchedResource>();

function obey(message: WatchdogMessage): void {
  if (message.action === "watch") watched.set(message.id, message.resource);
  else watched.delete(message.id);
}

// Ctrl-C and a closed terminal are for the process we watch: its end is our start.
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line) as WatchdogMessage);

// In reverse: what was started last may need what was started first.
const errors = await removeResources([...watched.values()].reverse());
if (errors.length > 0) process.exitCode = 1;
