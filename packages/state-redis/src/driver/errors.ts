import { isStorageError, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

interface Verdict {
  readonly code: StorageErrorCode;
  readonly message: string;
}

const GONE: Verdict = { code: "unavailable", message: "the connection was lost; try again" };
const NO_CONNECTION: Verdict = {
  code: "unavailable",
  message: "the server cannot be reached; check host, port and network",
};
const BAD_LOGIN: Verdict = {
  code: "permission_denied",
  message: "the server refuses this user or password; check the URL",
};
const TOO_OLD: Verdict = { code: "unsupported", message: "the server is older than Redis 7; upgrade it" };
const NO_REDIS: Verdict = {
  code: "invalid_argument",
  message: "what answers at this address is no Redis; check host and port of the URL",
};
const FOREIGN_VALUE: Verdict = {
  code: "corrupt",
  message: "a key of ours holds what we did not write; choose another prefix",
};
const NO_TLS: Verdict = {
  code: "invalid_argument",
  message: "the server does not speak TLS there; use redis://, or the port that does",
};

/** The first word of an error reply. */
const BY_REPLY: Readonly<Record<string, Verdict>> = {
  WRONGTYPE: {
    code: "corrupt",
    message: "a key of ours holds a value of another type, so another program uses this prefix; choose another prefix",
  },
  WRONGPASS: BAD_LOGIN,
  NOAUTH: { code: "permission_denied", message: "the server asks for a password; put it into the URL" },
  NOPERM: {
    code: "permission_denied",
    message: "the user may not use the keys, channels or commands that this needs; grant them",
  },
  DENIED: {
    code: "permission_denied",
    message: "the server is in protected mode and takes local connections only; give it a password",
  },
  OOM: { code: "full", message: "the server is out of memory; raise its maxmemory" },
  MISCONF: { code: "unavailable", message: "the server cannot save to its disk and takes no writes; see its log" },
  LOADING: { code: "unavailable", message: "the server is reading its data; try again" },
  MASTERDOWN: { code: "unavailable", message: "the replica has lost its primary; try again" },
  READONLY: { code: "unavailable", message: "the server is a replica; connect to the primary" },
  NOREPLICAS: { code: "unavailable", message: "the server lacks the replicas it needs to take writes" },
  CLUSTERDOWN: { code: "unavailable", message: "the cluster is down; try again" },
  TRYAGAIN: { code: "unavailable", message: "the cluster is being resharded; try again" },
  BUSY: { code: "busy", message: "the server is busy with a script; try again" },
  MOVED: {
    code: "invalid_argument",
    message: "the server is a node of a Redis Cluster; open with the option cluster: true",
  },
  NOPROTO: TOO_OLD,
};

/** What the server says in so many words. */
const BY_TEXT: readonly (readonly [RegExp, Verdict])[] = [
  [
    /without any password configured|no password is set/i,
    { code: "permission_denied", message: "the URL holds a password and the server has none; leave it out" },
  ],
  [/unknown RESP type/i, NO_REDIS],
  [/unknown command .?hello/i, TOO_OLD],
  // What a script says of an entry that is none of ours.
  [/data string too short/, FOREIGN_VALUE],
  [
    /max number of clients/i,
    { code: "unavailable", message: "the server has no connection left; raise its maxclients" },
  ],
  [
    /cluster support disabled/i,
    { code: "invalid_argument", message: "the server is no node of a cluster; leave the option cluster out" },
  ],
  [
    /DB index is out of range|SELECT is not allowed/i,
    { code: "invalid_argument", message: "the server does not have the database that the URL names" },
  ],
];

/** What the client and the system say of the connection itself: error codes, or names of error classes. */
const BY_CLIENT: Readonly<Record<string, Verdict>> = {
  ECONNREFUSED: NO_CONNECTION,
  EHOSTUNREACH: NO_CONNECTION,
  ENETUNREACH: NO_CONNECTION,
  ETIMEDOUT: NO_CONNECTION,
  ECONNRESET: GONE,
  EPIPE: GONE,
  ENOTFOUND: { code: "unavailable", message: "the host's name is unknown; check the URL" },
  EAI_AGAIN: { code: "unavailable", message: "the host's name could not be looked up; try again" },
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ConnectionTimeoutError: { code: "timeout", message: "the server did not answer within connectTimeoutMs" },
  SocketTimeoutError: GONE,
  SocketClosedUnexpectedlyError: GONE,
  ClientClosedError: GONE,
  ClientOfflineError: GONE,
  DisconnectsClientError: GONE,
  RootNodesUnavailableError: NO_CONNECTION,
};

const CERTIFICATE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/;

/**
 * The one table from what the client, the server or the system say to our codes. The message is ours, so that it carries
 * neither keys nor values.
 */
export function classifyRedisError(error: unknown): StorageError {
  if (isStorageError(error)) return error;
  const { code, message } = judge(error);
  return redisError({ code, message }, withoutValues(error));
}

export function redisError({ code, message }: Verdict, cause?: unknown): StorageError {
  return new StorageError({ code, message: `Redis: ${message}`, cause });
}

/** Errors that trying again does not mend: who opens wants to know at once. */
export function isPermanent(error: StorageError): boolean {
  return !error.retryable;
}

export const redisErrors = {
  commandTimeout: (): StorageError =>
    redisError({ code: "timeout", message: "the server did not answer within commandTimeoutMs" }),
  hungUp: (): StorageError =>
    redisError({
      code: "unavailable",
      message: "the server hung up before it answered; it is starting or stopping, or it is no Redis, or it wants TLS",
    }),
  connectTimeout: (): StorageError =>
    redisError({
      code: "timeout",
      message: "the server did not answer within connectTimeoutMs; check port and network, and whether it speaks TLS",
    }),
  tooOld: (): StorageError => redisError(TOO_OLD),
  notConnected: (): StorageError => redisError({ code: "unavailable", message: "not connected yet; try again" }),
  foreignValue: (): StorageError => redisError(FOREIGN_VALUE),
  noRedis: (cause: unknown): StorageError => redisError(NO_REDIS, withoutValues(cause)),
};

/** Whether the other side ended the connection, without a word. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === "SocketClosedUnexpectedlyError";
}

function judge(error: unknown): Verdict {
  if (!(error instanceof Error)) return { code: "internal", message: `an unexpected ${typeof error} was thrown` };
  const byText = BY_TEXT.find(([pattern]) => pattern.test(error.message));
  if (byText !== undefined) return byText[1];
  const byReply = BY_REPLY[/^[A-Z]+/.exec(error.message)?.[0] ?? ""];
  if (byReply !== undefined) return byReply;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const byClient = BY_CLIENT[code] ?? BY_CLIENT[error.constructor.name];
  if (byClient !== undefined) return byClient;
  if (CERTIFICATE.test(code)) {
    return {
      code: "unavailable",
      message: `the server's certificate was not accepted (${code}); check the option tls`,
    };
  }
  return { code: "internal", message: `an unexpected ${error.constructor.name} was thrown` };
}

/** Redis quotes names of keys and arguments of commands; what remains says what kind of error it was. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const safe = new Error(`${error.constructor.name} ${code ?? /^[A-Z]+/.exec(error.message)?.[0] ?? ""}`.trim());
  safe.name = error.name;
  if (code !== undefined) Object.assign(safe, { code });
  return safe;
}
