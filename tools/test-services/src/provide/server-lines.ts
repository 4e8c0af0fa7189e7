import type { Provider, ServiceProfile } from "./provided-services.js";

const FROM: Readonly<Record<Provider, string>> = {
  docker: "in Docker",
  debian: "from Debian's packages",
  environment: "named by the environment",
  local: "running on this machine",
};

/** A line for each server behind some profiles: what it is, and whether it was started or found. */
export function serverLines(profiles: readonly ServiceProfile[]): string[] {
  const servers = new Map<string, ServiceProfile>();
  // Two profiles may be one server; the one that knows of TimescaleDB says more.
  for (const profile of profiles) {
    if (profile.timescaledbVersion !== undefined || !servers.has(profile.url)) servers.set(profile.url, profile);
  }
  return [...servers.values()].map((profile) => {
    const { provider, startedInMs } = profile;
    if (startedInMs === undefined) return `Using ${nameOf(profile)}, ${FROM[provider]}`;
    return `Started ${nameOf(profile)} ${FROM[provider]} in ${(startedInMs / 1000).toFixed(1)} s`;
  });
}

function nameOf({ name, version, timescaledbVersion }: ServiceProfile): string {
  if (name.startsWith("redis")) return `Redis ${version}`;
  if (timescaledbVersion === undefined) return `PostgreSQL ${version}`;
  const edition = name === "timescale-community" ? "Community" : "Apache";
  return `PostgreSQL ${version} with TimescaleDB ${timescaledbVersion} (${edition} edition)`;
}
