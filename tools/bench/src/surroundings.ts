import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideServices } from "@agent-assembly/test-services";

/** Names of services. */
export type Names = NonNullable<Parameters<typeof provideServices>[0]>;
type Profiles = Awaited<ReturnType<typeof provideServices>>["services"]["profiles"];

/** A folder for the time of `work`. */
export async function withFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `aasm-bench-${name}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
