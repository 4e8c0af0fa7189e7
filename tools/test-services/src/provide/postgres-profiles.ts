import { inspectServer } from "../postgres/inspect-server.js";
import type { PostgresServer, TimescaleEdition } from "../postgres/postgres-server.js";
import { startPostgres } from "../postgres/start-postgres.js";
import { ServiceUnavailable } from "../service-unavailable.js";
import { environmentUrl, inspectNamedServer, VARIABLES } from "./environment.js";
import { Once, type Started } from "./once.js";
import type { ProvideOptions, ServiceProfile } from "./provided-services.js";

const LOCAL_URL = "postgresql://postgres@127.0.0.1:5432/postgres";

/** One server for plain PostgreSQL and TimescaleDB's Apache edition: only `CREATE EXTENSION` makes the difference. */
export const apacheServer = new Once((options: ProvideOptions) => startShared("apache", options));

export const communityServer = new Once((options: ProvideOptions) => startShared("community", options));

export async function plainProfile(options: ProvideOptions): Promise<ServiceProfile> {
  const name = "postgres";
  const url = environmentUrl(VARIABLES.postgres);
  if (url === undefined) return profileOf(name, await apacheServer.get(options));
  const { version } = await inspectNamedServer(VARIABLES.postgres, url);
  return { name, url, version, provider: "environment" };
}

export async function apacheProfile(options: ProvideOptions): Promise<ServiceProfile> {
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

export async function communityProfile(options: ProvideOptions): Promise<ServiceProfile> {
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
export async function olderProfile(): Promise<ServiceProfile> {
  const install = "start PostgreSQL 15 there, with trust authentication for 127.0.0.1";
  const facts = await inspectServer(LOCAL_URL).catch((error: unknown) => {
    throw new ServiceUnavailable("no PostgreSQL lets postgres in at 127.0.0.1:5432", install, { cause: error });
  });
  const { version, majorVersion, canCreateDatabases } = facts;
  if (majorVersion < 17 && canCreateDatabases)
    return { name: "postgres-15", url: LOCAL_URL, version, provider: "local" };
  throw new ServiceUnavailable(`the server at 127.0.0.1:5432 is version ${version}, not older than 17`, install);
}

function startShared(edition: TimescaleEdition, { fsync = true }: ProvideOptions): Promise<PostgresServer> {
  // What needs no disk needs no protection of half-written pages; none of its tests kills it.
  const settings = fsync ? {} : { full_page_writes: "off" };
  return startPostgres({ timescaledb: true, edition, fsync, settings });
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
