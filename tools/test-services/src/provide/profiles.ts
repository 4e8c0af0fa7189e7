import { requireChromium } from "../chromium.js";
import { prepareDebianPackages } from "../debian/prepare.js";
import { requireDocker } from "../docker.js";
import { inspectServer, probeEdition, type ServerFacts } from "../postgres/inspect-server.js";
import type { PostgresServer, TimescaleEdition } from "../postgres/postgres-server.js";
import { startPostgres } from "../postgres/start-postgres.js";
import { redisCommand, redisVersion } from "../redis/redis-command.js";
import { startRedis } from "../redis/start-redis.js";
import { firstAvailable, ServiceUnavailable } from "../service-unavailable.js";
import type { NeededName, ProvideOptions, ServiceProfile } from "./provided-services.js";

/** The variables that name servers to use instead of starting some. */
export const VARIABLES = {
  postgres: "AASM_TEST_POSTGRES_URL",
  timescale: "AASM_TEST_TIMESCALE_URL",
  redis: "AASM_TEST_REDIS_URL",
} as const;

const LOCAL_POSTGRES_URL = "postgresql://postgres@127.0.0.1:5432/postgres";
const LOCAL_REDIS_URL = "redis://127.0.0.1:6379";

/** A server that was started, and how long that took. */
interface Started<T> {
  readonly server: T;
  readonly startedInMs: number;
}

/** Starts a server when it is first asked for, and only once, also when that fails. */
class SharedServer<T extends { stop(): Promise<void> }, Options = void> {
  private started: Promise<Started<T>> | undefined;

  constructor(private readonly start: (options: Options) => Promise<T>) {}

  /** @param options those of the first call count */
  get(options: Options): Promise<Started<T>> {
    this.started ??= this.timed(options);
    return this.started;
  }

  /** Stops it if it was started; afterwards `get` starts another. */
  async stop(): Promise<void> {
    const { started } = this;
    this.started = undefined;
    const running = await started?.catch(() => undefined);
    await running?.server.stop();
  }

  private async timed(options: Options): Promise<Started<T>> {
    const begin = performance.now();
    const server = await this.start(options);
    return { server, startedInMs: performance.now() - begin };
  }
}

/** One server for plain PostgreSQL and TimescaleDB's Apache edition: only `CREATE EXTENSION` makes the difference. */
const apacheServer = new SharedServer((options: ProvideOptions) => startShared("apache", options));
const communityServer = new SharedServer((options: ProvideOptions) => startShared("community", options));
const redisServer = new SharedServer(async () => {
  const server = await startRedis();
  // As one that a user has: approvals on a Redis that keeps nothing are reported as degraded. It is killed before it saves.
  await redisCommand(server.url, ["CONFIG", "SET", "save", "86400 1000000"]);
  return server;
});

type Provide = (options: ProvideOptions) => Promise<ServiceProfile | undefined>;

/** Finds or starts what tests need. Each rejects with `ServiceUnavailable` where it cannot be had. */
export const PROVIDERS: Readonly<Record<NeededName, Provide>> = {
  postgres: postgresProfile,
  "timescale-apache": apacheProfile,
  "timescale-community": communityProfile,
  "postgres-15": olderPostgresProfile,
  redis: redisProfile,
  "redis-7": olderRedisProfile,
  "own-servers": requireOwnServers,
  chromium: requireChromium,
};

/** Stops the servers that were started. */
export async function stopSharedServers(): Promise<void> {
  await Promise.all([apacheServer, communityServer, redisServer].map((server) => server.stop()));
}

function startShared(edition: TimescaleEdition, { fsync = true }: ProvideOptions): Promise<PostgresServer> {
  // What needs no disk needs no protection of half-written pages; none of its tests kills it.
  const settings = fsync ? {} : { full_page_writes: "off" };
  return startPostgres({ timescaledb: true, edition, fsync, settings });
}

async function postgresProfile(options: ProvideOptions): Promise<ServiceProfile> {
  const name = "postgres";
  const url = environmentUrl(VARIABLES.postgres);
  if (url === undefined) return profileOf(name, await apacheServer.get(options));
  const { version } = await inspectNamedServer(VARIABLES.postgres, url);
  return { name, url, version, provider: "environment" };
}

async function apacheProfile(options: ProvideOptions): Promise<ServiceProfile> {
  const name = "timescale-apache";
  const url = environmentUrl(VARIABLES.postgres);
  const named = url === undefined ? undefined : await inspectNamedServer(VARIABLES.postgres, url);
  // A server in the variable may well lack TimescaleDB: it is asked for plain PostgreSQL.
  if (url === undefined || named?.timescaledb?.edition !== "apache") {
    return profileOf(name, await apacheServer.get(options));
  }
  const { version, timescaledb } = named;
  return { name, url, version, timescaledbVersion: timescaledb.version, provider: "environment" };
}

async function communityProfile(options: ProvideOptions): Promise<ServiceProfile> {
  const name = "timescale-community";
  const url = environmentUrl(VARIABLES.timescale);
  if (url === undefined) return profileOf(name, await communityServer.get(options).catch(withCommunityAdvice));
  const { version, timescaledb } = await inspectNamedServer(VARIABLES.timescale, url);
  if (timescaledb?.edition === "community") {
    return { name, url, version, timescaledbVersion: timescaledb.version, provider: "environment" };
  }
  const found = timescaledb === undefined ? "has no TimescaleDB" : "is the Apache edition";
  const reason = `the server in ${VARIABLES.timescale} ${found}`;
  throw new ServiceUnavailable(reason, "name a server with TimescaleDB's Community edition");
}

/** An older server that happens to run on this machine: a second opinion on what the SQL needs. */
async function olderPostgresProfile(): Promise<ServiceProfile> {
  const install = "start PostgreSQL 15 there, with trust authentication for 127.0.0.1";
  const facts = await inspectServer(LOCAL_POSTGRES_URL).catch((error: unknown) => {
    throw new ServiceUnavailable("no PostgreSQL lets postgres in at 127.0.0.1:5432", install, { cause: error });
  });
  const { version, majorVersion, canCreateDatabases } = facts;
  if (majorVersion < 17 && canCreateDatabases) {
    return { name: "postgres-15", url: LOCAL_POSTGRES_URL, version, provider: "local" };
  }
  throw new ServiceUnavailable(`the server at 127.0.0.1:5432 is version ${version}, not older than 17`, install);
}

function profileOf(name: ServiceProfile["name"], { server, startedInMs }: Started<PostgresServer>): ServiceProfile {
  const { adminUrl: url, version, timescaledb, pid } = server;
  const provider = pid === undefined ? "docker" : "debian";
  const extension = name === "postgres" ? undefined : timescaledb?.version;
  const versions = { version, ...(extension === undefined ? {} : { timescaledbVersion: extension }) };
  return { name, url, ...versions, provider, startedInMs };
}

function withCommunityAdvice(error: unknown): never {
  if (!(error instanceof ServiceUnavailable)) throw error;
  const reason = `TimescaleDB's Community edition is in no Debian package, and ${error.reason}`;
  throw new ServiceUnavailable(reason, `${error.install}, or set ${VARIABLES.timescale}`, { cause: error });
}

/** A Redis 7 that runs on this machine anyway. Tests use a prefix of their own there and remove what they made. */
async function olderRedisProfile(): Promise<ServiceProfile> {
  const install = "start a Redis 7 there, without password";
  const version = await redisVersion(LOCAL_REDIS_URL).catch((error: unknown) => {
    throw new ServiceUnavailable("no Redis answers at 127.0.0.1:6379", install, { cause: error });
  });
  if (!version.startsWith("7.")) throw new ServiceUnavailable(`Redis at 127.0.0.1:6379 is ${version}, not 7`, install);
  return { name: "redis-7", url: LOCAL_REDIS_URL, version, provider: "local" };
}

async function redisProfile(): Promise<ServiceProfile> {
  const name = "redis";
  const url = environmentUrl(VARIABLES.redis);
  if (url === undefined) {
    const { server, startedInMs } = await redisServer.get();
    const provider = server.pid === undefined ? "docker" : "debian";
    return { name, url: server.url, version: server.version, provider, startedInMs };
  }
  const version = await redisVersion(url).catch((error: unknown) => {
    const reason = `the server in ${VARIABLES.redis} does not answer`;
    throw new ServiceUnavailable(reason, `correct or unset ${VARIABLES.redis}`, { cause: error });
  });
  return { name, url, version, provider: "environment" };
}

/** Rejects with `ServiceUnavailable` where no test can start a server of its own, to restart or misconfigure it. */
async function requireOwnServers(): Promise<undefined> {
  await firstAvailable<unknown>([requireDocker, prepareDebianPackages]);
  return undefined;
}

/** The value of a variable; `undefined` when it is unset or empty. */
function environmentUrl(variable: string): string | undefined {
  return process.env[variable] || undefined;
}

/**
 * Asks the PostgreSQL server that a variable names. Rejects with `ServiceUnavailable` when it cannot be used: who names a
 * server wants that one, so no other is taken in its place.
 */
async function inspectNamedServer(variable: string, url: string): Promise<ServerFacts> {
  const facts = await inspectServer(url).catch((error: unknown) => {
    throw new ServiceUnavailable(`the server in ${variable} does not answer`, `correct or unset ${variable}`, {
      cause: error,
    });
  });
  if (!facts.canCreateDatabases) {
    throw new ServiceUnavailable(`the user in ${variable} may not create databases`, "use a user with CREATEDB");
  }
  if (facts.timescaledb === undefined) return facts;
  const edition = await probeEdition(url).catch((error: unknown) => {
    throw new ServiceUnavailable(
      `TimescaleDB on the server in ${variable} cannot be used`,
      `repair it or unset ${variable}`,
      { cause: error },
    );
  });
  return { ...facts, timescaledb: { ...facts.timescaledb, edition } };
}
