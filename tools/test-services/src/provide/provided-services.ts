/** The services tests may ask for. The first two are databases of one server, with or without the extension. */
export const PROFILE_NAMES = [
  "postgres",
  "timescale-apache",
  "timescale-community",
  "postgres-15",
  "redis",
  "redis-7",
] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];

/** What tests may need: a service, that they can start servers of their own, or a browser. */
export type NeededName = ProfileName | "own-servers" | "chromium";

/** How services are to be provided. */
export interface ProvideOptions {
  /** Whether commits of a PostgreSQL that is started for this wait for the disk. `true` by default; see `startPostgres`. */
  readonly fsync?: boolean;
}

/** Where a server came from. `local` is one that was running on this machine already. */
export type Provider = "environment" | "docker" | "debian" | "local";

/** A service that can be used. */
export interface ServiceProfile {
  readonly name: ProfileName;
  /** For PostgreSQL an `adminUrl` for `createDatabase`; tests must not use that database itself. */
  readonly url: string;
  /** Such as `17.6`. */
  readonly version: string;
  /** Such as `2.19.3`, for the TimescaleDB profiles. */
  readonly timescaledbVersion?: string;
  readonly provider: Provider;
  /** How long its start took, for a server that was started for this. */
  readonly startedInMs?: number;
}

/** What cannot be had here. */
export interface MissingProfile {
  readonly name: NeededName;
  /** One sentence without a full stop. */
  readonly reason: string;
  /** What to install or set, one sentence without a full stop. */
  readonly install: string;
}

/**
 * Which services there are: plain data, for `provide` and `inject` of vitest. What was asked for is in one list, servers of
 * one's own in none unless they are missing.
 */
export interface ProvidedServices {
  readonly profiles: readonly ServiceProfile[];
  readonly missing: readonly MissingProfile[];
}

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
