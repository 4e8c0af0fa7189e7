import { ServiceUnavailable } from "../service-unavailable.js";
import { PROVIDERS, stopSharedServers } from "./profiles.js";
import { type NeededName, PROFILE_NAMES, type ProvidedServices, type ProvideOptions } from "./provided-services.js";

let users = 0;

/** Services in use. */
export interface RunningServices {
  readonly services: ProvidedServices;
  /** Releases the services; the last user's call stops the servers. Calling it again does nothing. */
  stop(): Promise<void>;
}

/**
 * Finds or starts the services, for the `globalSetup` of vitest. All callers in one process share the servers: one
 * PostgreSQL 17 serves `postgres` and `timescale-apache`. What cannot be had is listed in `missing`; what can be had and
 * fails to start rejects.
 *
 * @param names what is wanted; by default all services
 * @param options for servers that are not running yet
 */
export async function provideServices(
  names: readonly NeededName[] = PROFILE_NAMES,
  options: ProvideOptions = {},
): Promise<RunningServices> {
  users++;
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    users--;
    if (users === 0) await stopSharedServers();
  };
  // All are waited for, so that none is still starting when a failure stops the others.
  const results = await Promise.allSettled(names.map((name) => PROVIDERS[name](options)));
  const profiles = results.flatMap((result) => (result.status === "fulfilled" ? (result.value ?? []) : []));
  const refused = results.flatMap((result, index) =>
    result.status === "rejected" ? [{ name: names[index] as NeededName, error: result.reason as unknown }] : [],
  );
  const failure = refused.find(({ error }) => !(error instanceof ServiceUnavailable));
  if (failure !== undefined) {
    await stop();
    throw new Error(`the service ${failure.name} did not start`, { cause: failure.error });
  }
  const missing = refused.map(({ name, error }) => {
    const { reason, install } = error as ServiceUnavailable;
    return { name, reason, install };
  });
  return { services: { profiles, missing }, stop };
}
