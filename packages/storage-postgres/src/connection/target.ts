import { userInfo } from "node:os";
import type { ErrorLocation } from "@agent-assembly/storage-core";
import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { parseDatabaseUrl } from "./database-url.js";
import {
  choiceOf,
  ENVIRONMENT,
  integerOf,
  type Parameter,
  type ParameterName,
  type Parameters,
  refused,
} from "./parameters.js";
import { passwordFromFile } from "./password-file.js";
import { readService } from "./service-file.js";
import { planTls, type SslOption, type TlsPlan } from "./tls.js";

/** One server of a connection. */
export interface ServerAddress {
  /** A name, an IP address, or the folder of a Unix socket, which begins with `/`. */
  readonly host: string;
  /** An IP address that stands for the name's; TLS checks the name. */
  readonly address?: string | undefined;
  readonly port: number;
}

const SESSIONS = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const;
/** What a server must be for its sessions to be of use, as libpq names it. */
export type WantedSession = (typeof SESSIONS)[number];

/** Where a store is, and how to get there: what the URL, its service, its files and the variables of libpq say together. */
export interface ConnectionTarget {
  /** At least one, in the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  readonly session: WantedSession;
  readonly user: string;
  readonly database: string;
  readonly tls: TlsPlan;
  /** `undefined` where the parameters do not say. */
  readonly connectTimeoutMs: number | undefined;
  readonly applicationName: string | undefined;
  /** Settings of the session, such as `-c work_mem=8MB`. */
  readonly options: string | undefined;
  /** Seconds of silence after which the connection is probed. */
  readonly keepAliveSeconds: number | undefined;
  /** Without user and password: `host:5432/database`. */
  readonly place: string;
  /** The password of a server. Files are read anew, since they may have changed. @throws `invalid_argument` */
  password(server: ServerAddress): string;
}

const DEFAULT_HOST = "localhost";
const DEFAULT_PORT = 5432;
const TEMPLATES = /^template[01]\/?$/;
const MAX_TIMEOUT_SECONDS = 3600;

/**
 * @param url of libpq: `postgres://user:password@host:port,host:port/database?parameter=value`
 * @param env whose variables of libpq, such as PGPASSWORD, say what the URL does not
 * @throws `invalid_argument` for a parameter that is not supported, and for a file that cannot be read
 */
export function resolveTarget(url: unknown, ssl?: SslOption, env: NodeJS.ProcessEnv = process.env): ConnectionTarget {
  const parameters = withDefaults(parseDatabaseUrl(url), env);
  const text = (name: ParameterName): string | undefined => parameters.get(name)?.value;
  const user = text("user") ?? userInfo().username;
  const database = text("dbname") ?? user;
  if (TEMPLATES.test(database)) {
    const problem = "must not lead to a template database, whose content every new database gets";
    throw invalidArgument("options.url", problem, "Create a database for the store.");
  }
  const servers = shuffled(serversOf(parameters), choiceOf(parameters, "load_balance_hosts", ["disable", "random"]));
  const passfile = parameters.get("passfile");
  const password = ({ host, port }: ServerAddress): string =>
    text("password") ?? passwordFromFile(passfile, { host, port, database, user }) ?? "";
  // A file that cannot be used is known before anything connects.
  for (const server of servers) password(server);
  const timeout = integerOf(parameters, "connect_timeout", 0, MAX_TIMEOUT_SECONDS);
  return {
    servers,
    session: choiceOf(parameters, "target_session_attrs", SESSIONS) ?? "any",
    user,
    database,
    tls: planTls(parameters, ssl),
    // 0 is no limit for libpq.
    connectTimeoutMs: timeout === undefined ? undefined : (timeout || MAX_TIMEOUT_SECONDS) * 1000,
    applicationName: text("application_name") ?? text("fallback_application_name"),
    options: text("options"),
    keepAliveSeconds: integerOf(parameters, "keepalives_idle", 0, MAX_TIMEOUT_SECONDS),
    place: `${servers.map(nameOfServer).join(",")}/${database}`,
    password,
  };
}

/** The database of a connection, for errors. */
export function locationOf({ place }: ConnectionTarget): ErrorLocation {
  return { kind: "PostgreSQL", place };
}

/** A URL of a connection without user and password. */
export function shownUrl({ servers, database }: ConnectionTarget): string {
  const hosts = servers.map((server) =>
    nameOfServer({ ...server, host: server.host.startsWith("/") ? encodeURIComponent(server.host) : server.host }),
  );
  return `postgres://${hosts.join(",")}/${database}`;
}

/** `host:5432`, `[::1]:5432`, `/var/run/postgresql:5432`. */
export function nameOfServer({ host, port }: ServerAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** What a service says, then what the variables say, where the URL says nothing. */
function withDefaults(parameters: Parameters, env: NodeJS.ProcessEnv): Parameters {
  const variables = Object.entries(ENVIRONMENT).flatMap(([name, variable]): [ParameterName, Parameter][] => {
    const value = variable === undefined ? undefined : env[variable];
    return value === undefined || value === ""
      ? []
      : [[name as ParameterName, { value, origin: `takes from ${variable}` }]];
  });
  const fromVariables: Parameters = new Map(variables);
  const service = parameters.get("service") ?? fromVariables.get("service");
  const fromService: Parameters = service === undefined ? new Map() : readService(service, env);
  const all: Parameters = new Map([...fromVariables, ...fromService, ...parameters]);
  // A place is one thing: a port or an address of another source belongs to another server.
  const hosts = [parameters, fromService, fromVariables].find((one) => one.has("host") || one.has("hostaddr"));
  for (const name of ["host", "hostaddr"] as const) if (hosts?.has(name) === false) all.delete(name);
  return all;
}

/** As libpq pairs lists: a port for each host, or one for all. @throws `invalid_argument` */
function serversOf(parameters: Parameters): ServerAddress[] {
  const list = (name: ParameterName): readonly string[] | undefined => parameters.get(name)?.value.split(",");
  const addresses = list("hostaddr");
  const hosts = list("host") ?? addresses ?? [DEFAULT_HOST];
  const ports = list("port") ?? [""];
  checkLength(parameters, "hostaddr", addresses ?? hosts, hosts);
  if (ports.length > 1) checkLength(parameters, "port", ports, hosts);
  return hosts.map((host, i) => ({
    host: host === "" ? (addresses?.[i] ?? DEFAULT_HOST) : host,
    ...(addresses?.[i] !== undefined && addresses[i] !== "" && { address: addresses[i] }),
    port: portOf(parameters, ports[ports.length === 1 ? 0 : i] ?? ""),
  }));
}

function checkLength(
  parameters: Parameters,
  name: ParameterName,
  values: readonly string[],
  hosts: readonly string[],
): void {
  if (values.length === hosts.length) return;
  const { origin = "has" } = parameters.get(name) ?? {};
  throw refused(origin, name, `has ${values.length} values for ${hosts.length} hosts`, "Give one for each host.");
}

function portOf(parameters: Parameters, text: string): number {
  if (text === "") return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  const { origin = "has" } = parameters.get("port") ?? {};
  throw refused(origin, "port", "must be a whole number from 1 to 65535");
}

function shuffled<T>(items: T[], balance: "disable" | "random" | undefined): T[] {
  if (balance !== "random") return items;
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
