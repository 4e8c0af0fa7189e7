import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideServices } from "@agent-assembly/test-services";
import { interruption } from "./interruption.js";

/** Names of services. */
export type Names = NonNullable<Parameters<typeof provideServices>[0]>;
type Profiles = Awaited<ReturnType<typeof provideServices>>["services"]["profiles"];

const folders = new Set<string>();
const INTERRUPTED = 130;

/** A folder for the time of `work`; it is removed, too, when a signal ends the program. */
export async function withFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `aasm-bench-${name}-`));
  if (folders.size === 0) for (const signal of SIGNALS) process.on(signal, endInterrupted);
  folders.add(folder);
  try {
    return await work(folder);
  } finally {
    removeFolder(folder);
    if (folders.size === 0) for (const signal of SIGNALS) process.off(signal, endInterrupted);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Databases and servers are removed by the watchdog of test-services. */
function endInterrupted(): void {
  interruption.abort();
  for (const folder of folders) removeFolder(folder);
  process.exit(INTERRUPTED);
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(folder);
}

/** Services for the time of `work`; reports those that are not available. */
export async function withServices<T>(names: Names, work: (profiles: Profiles) => Promise<T>): Promise<T> {
  const { services, stop } = await provideServices(names);
  try {
    for (const { name, reason } of services.missing) console.error(`not measured on ${name}: ${reason}`);
    return await work(services.profiles);
  } finally {
    await stop();
  }
}

/** The address of a service; `undefined` where it is not available. */
export function urlOf(profiles: Profiles, profile: string): string | undefined {
  return profiles.find(({ name }) => name === profile)?.url;
}
