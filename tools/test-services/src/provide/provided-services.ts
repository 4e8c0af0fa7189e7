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
}

/** A service that cannot be used here. */
export interface MissingProfile {
  readonly name: ProfileName;
  /** One sentence without a full stop. */
  readonly reason: string;
  /** What to install or set, one sentence without a full stop. */
  readonly install: string;
}

/** Which services there are: plain data, for `provide` and `inject` of vitest. Every profile asked for is in one list. */
export interface ProvidedServices {
  readonly profiles: readonly ServiceProfile[];
  readonly missing: readonly MissingProfile[];
}
