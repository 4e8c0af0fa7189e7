import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import {
  causeWithCode,
  codeOf,
  connectionVerdicts,
  type ErrorVerdict,
  isCertificateCode,
  NETWORK_VERDICTS,
} from "@agent-assembly/storage-core/backend";

/** The code of an error when none of several servers is what is wanted. */
export const NO_SUITABLE_SERVER = "NO_SUITABLE_SERVER";

/** SQLSTATE of a missing right. */
export const INSUFFICIENT_PRIVILEGE = "42501";

const SHUTTING_DOWN: ErrorVerdict = {
  code: "unavailable",
  message: "the server is starting up or shutting down",
  remedy: "Try again.",
};
const NO_RIGHT: ErrorVerdict = {
  code: "permission_denied",
  message: "the role lacks a privilege that this needs",
  remedy:
    "Grant it, or use a login that has it: sql/roles.sql of @agent-assembly/storage-postgres makes roles that write, run retention and read.",
};
const OUTDATED: ErrorVerdict = {
  code: "schema_outdated",
  message: "a table, column or function of the schema is missing",
  remedy: 'Run "aasm migrate", then "aasm migrate --verify".',
};
const POOLED: ErrorVerdict = {
  code: "invalid_argument",
  message: "a pooler in transaction mode, such as PgBouncer, is between this process and the server",
  option: "options.prepare",
  remedy: "Set {option} to false.",
};

/** SQLSTATE; where the whole code is not listed, its class (two characters) decides. */
const BY_SQLSTATE: Readonly<Record<string, ErrorVerdict>> = {
  "08": connectionVerdicts.lost,
  "0A000": { code: "unsupported", message: "the server, or its edition of TimescaleDB, cannot do this" },
  "22": { code: "invalid_argument", message: "the server rejected a value" },
  "23": { code: "conflict", message: "the change violates a constraint of the stored data" },
  "25006": {
    code: "permission_denied",
    message: "the server is a standby, or the session is read-only (default_transaction_read_only)",
    remedy: "Connect to the primary, with a role that may write.",
  },
  // Of prepared statements: gone, or there already, since another connection of the pooler has the name.
  "26000": POOLED,
  "28": connectionVerdicts.badLogin,
  "3D000": { code: "not_found", message: "the database does not exist", remedy: "Create it, or check the URL." },
  "3F000": OUTDATED,
  "40": { code: "busy", message: "another transaction conflicts with this one", remedy: "Try again." },
  "42P01": OUTDATED,
  "42P05": POOLED,
  "42703": OUTDATED,
  "42883": OUTDATED,
  "53100": { code: "full", message: "the server's disk is full", remedy: "Free some space." },
  "53200": { code: "unavailable", message: "the server is out of memory" },
  "53300": {
    code: "unavailable",
    message: "the server has no connection left",
    option: "options.maxConnections",
    remedy: "Raise max_connections of the server, or lower {option}.",
  },
  "53": { code: "unavailable", message: "the server is short of resources" },
  "54": { code: "invalid_argument", message: "a value is larger than the server can store", remedy: "Shorten it." },
  "55P03": {
    code: "busy",
    message: "another transaction held a lock for longer than {option}",
    option: "options.lockTimeoutMs",
    remedy: "Try again.",
  },
  "55": { code: "busy", message: "another session uses an object that this call needs", remedy: "Try again." },
  "57014": {
    code: "timeout",
    message: "the statement took longer than {option} and was cancelled",
    option: "options.statementTimeoutMs",
  },
  "57P01": SHUTTING_DOWN,
  "57P02": SHUTTING_DOWN,
  "57P03": SHUTTING_DOWN,
  "57P05": connectionVerdicts.lost,
  "58": { code: "unavailable", message: "the server reported a disk or system error", remedy: "See its log." },
  F0: { code: "unavailable", message: "the server's configuration is broken", remedy: "See its log." },
  XX001: { code: "corrupt", message: "the server found damaged data", remedy: "Restore a backup." },
  XX002: { code: "corrupt", message: "the server found a damaged index", remedy: "Reindex it." },
};

/** What postgres.js and the system say of the connection itself. */
const BY_CLIENT_CODE: Readonly<Record<string, ErrorVerdict>> = {
  ...NETWORK_VERDICTS,
  CONNECTION_CLOSED: connectionVerdicts.lost,
  CONNECTION_DESTROYED: connectionVerdicts.lost,
  CONNECTION_ENDED: { code: "closed", message: "the storage is closed", remedy: "Open it again." },
  CONNECT_TIMEOUT: {
    code: "timeout",
    message: "the server did not answer within {option}",
    option: "options.connectTimeoutMs",
  },
  // Of a socket in the file system.
  ENOENT: connectionVerdicts.unreachable,
  EACCES: connectionVerdicts.unreachable,
  SASL_SIGNATURE_MISMATCH: connectionVerdicts.badLogin,
  TLS_REFUSED: {
    code: "unsupported",
    message: "the server does not support TLS",
    option: "options.ssl",
    remedy: "Enable TLS on the server, or set {option} to false, or sslmode=disable in the URL.",
  },
  AUTH_TYPE_NOT_IMPLEMENTED: {
    code: "unsupported",
    message: "the server requires an authentication method that the driver does not support",
    remedy: "Use scram-sha-256.",
  },
};

const BAD_CERTIFICATE: ErrorVerdict = {
  code: "unavailable",
  message: "the server's certificate was not accepted",
  option: "options.ssl",
  remedy: "Check {option}.",
};
const DEFECT: ErrorVerdict = { code: "internal", message: "the statement failed, which is a defect of this software" };

/**
 * The one table from what postgres.js, drizzle or the system throw to our codes. The message is ours, so it carries
 * neither a statement nor its parameters; drizzle's wrapper, which prints both, is dropped from the causes.
 */
export function classifyPostgresError(error: unknown): StorageError {
  if (isStorageError(error)) return error;
  const cause = causeWithCode(error);
  const code = codeOf(cause);
  const verdict = judge(cause, code);
  const label = code === undefined ? "" : ` (${code})`;
  return new StorageError({
    ...verdict,
    message: `${verdict.message}${label}`,
    location: { kind: "PostgreSQL" },
    cause,
  });
}

/** SQLSTATE or the client's own code of an error, e.g. `40P01` or `ECONNREFUSED`. */
export function errorCode(error: unknown): string | undefined {
  return codeOf(causeWithCode(isStorageError(error) ? error.cause : error));
}

/** SQLSTATE of a text that is no value of a type. */
const INVALID_TEXT = "22P02";

/** SQLSTATEs and client codes after which the very statement, if it can be repeated at all, is worth repeating. */
const TRANSIENT: ReadonlySet<string> = new Set([
  "40001",
  "40P01",
  "53300",
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  NO_SUITABLE_SERVER,
]);

/** Whether an idempotent statement should be repeated after this error. */
export function isTransient(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && (TRANSIENT.has(code) || code.startsWith("08"));
}

/** What a statement fails with that was made for another server; the server puts it into quotes. */
export const OTHER_SERVER = "another server, or an earlier state of it, answers now";

/** Whether a statement came to another server than the one that it was made for. */
export function isOtherServer(error: unknown): boolean {
  return errorCode(error) === INVALID_TEXT && error instanceof Error && error.message.includes(OTHER_SERVER);
}

/** What the server denies, where it says so in English; a name of the schema, and no value. */
const DENIED =
  /^(?:permission denied for|must be owner of) (?:schema|table|view|sequence|function|materialized view|database) [\w.$-]{1,130}$/;

function deniedOn(message: string): ErrorVerdict {
  return DENIED.test(message) ? { ...NO_RIGHT, message: `${NO_RIGHT.message}: ${message}` } : NO_RIGHT;
}

function judge(error: unknown, code: string | undefined): ErrorVerdict {
  if (code === undefined) {
    return {
      code: "internal",
      message: `an unexpected ${error instanceof Error ? error.name : typeof error} was thrown`,
    };
  }
  if (code === NO_SUITABLE_SERVER && error instanceof Error) {
    return { code: "unavailable", message: `no server takes the connection: ${error.message}`, remedy: "Try again." };
  }
  if (isOtherServer(error)) {
    return { code: "unavailable", message: "another server took over during the call", remedy: "Try again." };
  }
  if (code === INSUFFICIENT_PRIVILEGE && error instanceof Error) return deniedOn(error.message);
  // PgBouncer reports all of its own errors as protocol violations.
  if (code === "08P01" && error instanceof Error && error.message.startsWith("unsupported startup parameter")) {
    return POOLED;
  }
  if (code === "42501") return { ...NO_RIGHT, message: `${NO_RIGHT.message}${objectOf(error)}` };
  return (
    BY_CLIENT_CODE[code] ??
    BY_SQLSTATE[code] ??
    BY_SQLSTATE[code.slice(0, 2)] ??
    (isCertificateCode(code) ? BAD_CERTIFICATE : DEFECT)
  );
}

/** What a privilege is missing on, where the server speaks English; it tells by its message alone. */
function objectOf(error: unknown): string {
  const [, object] = /^permission denied for ([a-z ]+ \w+)$/.exec(error instanceof Error ? error.message : "") ?? [];
  return object === undefined ? "" : ` on ${object}`;
}
