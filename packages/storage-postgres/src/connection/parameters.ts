import type { StorageError } from "@agent-assembly/storage-core";
import { describeShape, didYouMean, invalidArgument } from "@agent-assembly/storage-core/backend";

/** Parameters of libpq that we read, with the variable that sets each one where neither the URL nor the service does. */
export const ENVIRONMENT = {
  host: "PGHOST",
  hostaddr: "PGHOSTADDR",
  port: "PGPORT",
  dbname: "PGDATABASE",
  user: "PGUSER",
  password: "PGPASSWORD",
  passfile: "PGPASSFILE",
  service: "PGSERVICE",
  target_session_attrs: "PGTARGETSESSIONATTRS",
  load_balance_hosts: "PGLOADBALANCEHOSTS",
  sslmode: "PGSSLMODE",
  sslnegotiation: "PGSSLNEGOTIATION",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  sslpassword: undefined,
  ssl_min_protocol_version: "PGSSLMINPROTOCOLVERSION",
  ssl_max_protocol_version: "PGSSLMAXPROTOCOLVERSION",
  connect_timeout: "PGCONNECT_TIMEOUT",
  application_name: "PGAPPNAME",
  fallback_application_name: undefined,
  options: "PGOPTIONS",
  keepalives_idle: undefined,
} as const;

/** The name of a parameter that we read. */
export type ParameterName = keyof typeof ENVIRONMENT;

/** Parameters of libpq of which one value asks for what we do anyway, with that value. */
const FIXED: Readonly<Record<string, { readonly allowed: readonly string[]; readonly remedy: string }>> = {
  client_encoding: { allowed: ["UTF8", "UTF-8", "utf8", "utf-8", "auto"], remedy: "The client sends UTF8 alone." },
  channel_binding: {
    allowed: ["disable", "prefer"],
    remedy: "The driver has no channel binding; use sslmode=verify-full.",
  },
  gssencmode: { allowed: ["disable", "prefer"], remedy: "The driver has no GSSAPI; use sslmode=verify-full." },
  sslcompression: { allowed: ["0"], remedy: "The driver has no compression." },
  sslcertmode: { allowed: ["allow"], remedy: "Set sslcert to send a certificate, or leave it out to send none." },
  keepalives: { allowed: ["1"], remedy: "Connections that are silent are always probed." },
  sslsni: { allowed: ["1"], remedy: "The driver always sends the name of the server." },
  replication: { allowed: ["false", "off", "no", "0"], remedy: "A store needs an ordinary connection." },
  min_protocol_version: { allowed: ["3.0"], remedy: "The driver speaks version 3.0." },
  max_protocol_version: { allowed: ["3.0"], remedy: "The driver speaks version 3.0." },
};

const NO_GSSAPI = "The driver has no GSSAPI; log in with a password or a certificate.";
const NO_OAUTH = "The driver has no OAuth; log in with a password or a certificate.";
const NO_REVOCATION = "Set options.ssl to TLS options with crl.";

/** Parameters of libpq and of other programs that are refused, with what to do. */
const REFUSED: Readonly<Record<string, string>> = {
  require_auth: "Decide in the server's pg_hba.conf how roles log in.",
  requirepeer: "Protect the folder of the socket.",
  requiressl: "Use sslmode=require.",
  sslcrl: NO_REVOCATION,
  sslcrldir: NO_REVOCATION,
  sslkeylogfile: "Use node --tls-keylog.",
  keepalives_interval: "Set net.ipv4.tcp_keepalive_intvl of the system.",
  keepalives_count: "Set net.ipv4.tcp_keepalive_probes of the system.",
  tcp_user_timeout: "Set options.statementTimeoutMs (storage.postgres.statement_timeout_secs), which ends what hangs.",
  krbsrvname: NO_GSSAPI,
  gsslib: NO_GSSAPI,
  gssdelegation: NO_GSSAPI,
  scram_client_key: "Give the password.",
  scram_server_key: "Give the password.",
  servicefile: "Name the file in PGSERVICEFILE.",
  oauth_issuer: NO_OAUTH,
  oauth_client_id: NO_OAUTH,
  oauth_client_secret: NO_OAUTH,
  oauth_scope: NO_OAUTH,
  // Of other programs, and settings of the server.
  schema: "Set options.schema (storage.postgres.schema).",
  currentSchema: "Set options.schema (storage.postgres.schema).",
  search_path: "Set options.schema (storage.postgres.schema).",
  connection_limit: "Set options.maxConnections (storage.postgres.max_connections).",
  pool_timeout: "Set options.connectTimeoutMs (storage.postgres.connect_timeout_secs).",
  pgbouncer: "Set options.prepare (storage.postgres.prepare) to false.",
  statement_timeout: "Set options.statementTimeoutMs (storage.postgres.statement_timeout_secs).",
  lock_timeout: "Set options.lockTimeoutMs (storage.postgres.lock_timeout_secs).",
};

/** A value, and what an error says of where it is from, such as `has` for the URL itself. */
export interface Parameter {
  readonly value: string;
  readonly origin: string;
}

/** Those of a connection, by name. */
export type Parameters = Map<ParameterName, Parameter>;

/** Of {@link Parameter}. */
export const IN_URL = "has";

const NAME = /^[a-z_]{1,40}$/i;

/**
 * Checks that a parameter is one that we read, or that it asks for what we do anyway.
 * @returns the name; `undefined` where nothing has to be kept
 * @throws `invalid_argument` naming the parameter, never its value
 */
export function knownParameter(name: string, { value, origin }: Parameter): ParameterName | undefined {
  if (Object.hasOwn(ENVIRONMENT, name)) return name as ParameterName;
  const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined;
  if (fixed !== undefined) {
    if (fixed.allowed.includes(value)) return undefined;
    throw refused(origin, name, `must be ${fixed.allowed.join(" or ")}`, fixed.remedy);
  }
  const remedy = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  if (remedy !== undefined) throw refused(origin, name, "is not supported", remedy);
  const isName = NAME.test(name);
  const hint = isName ? didYouMean(name, Object.keys(ENVIRONMENT)).trim() : "";
  const settings = "Settings of the server go into its options, such as options=-c%20work_mem%3D8MB.";
  throw refused(origin, isName ? name : "(not shown)", "is unknown", hint === "" ? settings : hint);
}

/** An error about one parameter of a connection. */
export function refused(origin: string, name: string, problem: string, remedy?: string): StorageError {
  return invalidArgument("options.url", `${origin} the parameter ${name}, which ${problem}`, remedy);
}

/** The value of a parameter with a closed list of values. @throws `invalid_argument` */
export function choiceOf<T extends string>(
  parameters: Parameters,
  name: ParameterName,
  values: readonly T[],
): T | undefined {
  const given = parameters.get(name);
  if (given === undefined) return undefined;
  const found = values.find((value) => value === given.value);
  if (found !== undefined) return found;
  const problem = `must be ${listed(values)}, got ${describeShape(given.value)}`;
  throw refused(given.origin, name, problem, didYouMean(given.value, values).trim() || undefined);
}

/** The value of a parameter that is a whole number. @throws `invalid_argument` */
export function integerOf(parameters: Parameters, name: ParameterName, min: number, max: number): number | undefined {
  const given = parameters.get(name);
  if (given === undefined) return undefined;
  const number = /^\d{1,9}$/.test(given.value) ? Number(given.value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw refused(given.origin, name, `must be a whole number from ${min} to ${max}, got ${describeShape(given.value)}`);
}

function listed(values: readonly string[]): string {
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}
