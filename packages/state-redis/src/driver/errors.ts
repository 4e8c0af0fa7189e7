import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import {
  codeOf,
  connectionVerdicts,
  type ErrorVerdict,
  isCertificateCode,
  NETWORK_VERDICTS,
} from "@agent-assembly/storage-core/backend";

const TOO_OLD: ErrorVerdict = {
  code: "unsupported",
  message: "the server is older than Redis 7",
  remedy: "Upgrade it.",
};
const NO_REDIS: ErrorVerdict = {
  code: "invalid_argument",
  message: "the server at this address is not Redis",
  remedy: "Check host and port of the URL.",
};
const LOST: ErrorVerdict = {
  code: "corrupt",
  message: "the request was submitted, and its record is lost: Redis evicted it, or another program removed it",
  remedy: "Submit it again with another requestId, and set maxmemory-policy to noeviction.",
};
const FOREIGN_VALUE: ErrorVerdict = {
  code: "corrupt",
  message: "a key with this prefix has a value that another program wrote",
  option: "options.prefix",
  remedy: "Choose another {option}.",
};
const FOREIGN_TYPE: ErrorVerdict = {
  ...FOREIGN_VALUE,
  message: "a key with this prefix has a value of another type, which another program wrote",
};

/** The kinds of keys, as errors name them. */
export type KeyKind = keyof typeof KEY_PATTERNS;

/** What finds the keys of a kind: `redis-cli --scan --pattern PATTERN`. */
const KEY_PATTERNS = {
  "a rate limit": "*:{limits*}:*",
  "a cached policy": "*:{policy:*}:*",
  "an approval": "*:{approvals}:*",
} as const;
const FOREIGN_REPLY: ErrorVerdict = {
  code: "corrupt",
  message: "the server answered with something that Redis does not answer",
  remedy: "Check that the URL names Redis, and that nothing between changes its answers.",
};
/** A server says which script failed: `script: <digest>`, `user_script:12:`, `@user_script`. */
const SCRIPT_FAILED = /\bscript: ?[0-9a-f]{40}|user_script/;
/** The client's classes for errors that the server answered with, all known ones of which were looked for before. */
const ERROR_REPLIES: ReadonlySet<string> = new Set(["SimpleError", "BlobError", "ErrorReply"]);
const NO_TLS: ErrorVerdict = {
  code: "invalid_argument",
  message: "the server does not use TLS on this port",
  remedy: "Use redis://, or the port for TLS.",
};

/** The first word of an error reply. */
const BY_REPLY: Readonly<Record<string, ErrorVerdict>> = {
  WRONGTYPE: FOREIGN_TYPE,
  WRONGPASS: connectionVerdicts.badLogin,
  NOAUTH: { code: "permission_denied", message: "the server requires a password", remedy: "Add it to the URL." },
  NOPERM: {
    code: "permission_denied",
    message: "the user is not allowed to use the keys, channels or commands that this needs",
    remedy: "Grant them.",
  },
  DENIED: {
    code: "permission_denied",
    message: "the server is in protected mode and accepts only local connections",
    remedy: "Give it a password.",
  },
  OOM: { code: "full", message: "the server is out of memory", remedy: "Raise its maxmemory." },
  MISCONF: {
    code: "unavailable",
    message: "the server cannot save to its disk and accepts no writes",
    remedy: "See its log.",
  },
  LOADING: { code: "unavailable", message: "the server is loading its data", remedy: "Try again." },
  MASTERDOWN: { code: "unavailable", message: "the replica has lost its primary", remedy: "Try again." },
  READONLY: { code: "unavailable", message: "the server is a replica", remedy: "Connect to the primary." },
  NOREPLICAS: { code: "unavailable", message: "the server does not have the replicas it needs to accept writes" },
  CLUSTERDOWN: { code: "unavailable", message: "the cluster is down", remedy: "Try again." },
  TRYAGAIN: { code: "unavailable", message: "the cluster is being resharded", remedy: "Try again." },
  BUSY: { code: "busy", message: "the server is busy with a script", remedy: "Try again." },
  MOVED: {
    code: "invalid_argument",
    message: "the server is a node of a Redis Cluster",
    option: "options.cluster",
    remedy: "Set {option} to true.",
  },
  NOPROTO: TOO_OLD,
};

/** What the server says in so many words. */
const BY_TEXT: readonly (readonly [RegExp, ErrorVerdict])[] = [
  [
    /without any password configured|no password is set/i,
    {
      code: "permission_denied",
      message: "the URL contains a password and the server has none",
      remedy: "Remove it from the URL.",
    },
  ],
  [/unknown RESP type/i, NO_REDIS],
  [/unknown command .?hello/i, TOO_OLD],
  // What a script says of an entry that is none of ours.
  [/data string too short/, FOREIGN_VALUE],
  [
    /max number of clients/i,
    { code: "unavailable", message: "the server has no connection left", remedy: "Raise its maxclients." },
  ],
  [
    /cluster support disabled/i,
    {
      code: "invalid_argument",
      message: "the server is not a node of a cluster",
      option: "options.cluster",
      remedy: "Leave {option} out.",
    },
  ],
  [
    /DB index is out of range|SELECT is not allowed/i,
    { code: "invalid_argument", message: "the server does not have the database that the URL names" },
  ],
];

/** What the client and the system say of the connection itself: error codes, or names of error classes. */
const BY_CLIENT: Readonly<Record<string, ErrorVerdict>> = {
  ...NETWORK_VERDICTS,
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ConnectionTimeoutError: {
    code: "timeout",
    message: "the server did not answer within {option}",
    option: "options.connectTimeoutMs",
  },
  SocketTimeoutError: connectionVerdicts.lost,
  SocketClosedUnexpectedlyError: connectionVerdicts.lost,
  ClientClosedError: connectionVerdicts.lost,
  ClientOfflineError: connectionVerdicts.lost,
  DisconnectsClientError: connectionVerdicts.lost,
  RootNodesUnavailableError: connectionVerdicts.unreachable,
};

/**
 * The one table from what the client, the server or the system say to our codes. The message is ours, so that it carries
 * neither keys nor values.
 */
export function classifyRedisError(error: unknown): StorageError {
  if (isStorageError(error)) return error;
  return redisError(judge(error), withoutValues(error));
}

export function redisError(verdict: ErrorVerdict, cause?: unknown): StorageError {
  return new StorageError({ ...verdict, location: { kind: "Redis" }, cause });
}

/** Errors that a retry cannot resolve, so that opening reports them at once. */
export function isPermanent(error: StorageError): boolean {
  return !error.retryable;
}

export const redisErrors = {
  commandTimeout: (): StorageError =>
    redisError({
      code: "timeout",
      message: "the server did not answer within {option}",
      option: "options.commandTimeoutMs",
    }),
  hungUp: (): StorageError =>
    redisError({
      code: "unavailable",
      message:
        "the server closed the connection before it answered; it is starting or stopping, is not Redis, or requires TLS",
    }),
  connectTimeout: (): StorageError =>
    redisError({
      code: "timeout",
      message: "the server did not answer within {option}",
      option: "options.connectTimeoutMs",
      remedy: "Check port and network, and whether the port uses TLS.",
    }),
  tooOld: (): StorageError => redisError(TOO_OLD),
  notConnected: (): StorageError =>
    redisError({ code: "unavailable", message: "not connected yet", remedy: "Try again." }),
  foreignValue: (kind: KeyKind): StorageError => redisError(ofKind(FOREIGN_VALUE, kind)),
  lost: (): StorageError => redisError(LOST),
  perhapsLost: (evicted: number): StorageError =>
    redisError({
      ...LOST,
      message: `there is no request with this requestId; this Redis has evicted ${evicted} keys, so that it may have been lost`,
    }),
  foreignReply: (): StorageError => redisError(FOREIGN_REPLY),
  noRedis: (cause: unknown): StorageError => redisError(NO_REDIS, withoutValues(cause)),
};

/** An error of a script, which says what its keys are for when it stumbled over one that another program wrote. */
export function scriptError(error: unknown, kind: KeyKind): unknown {
  const verdict = [FOREIGN_VALUE, FOREIGN_TYPE].find(({ message }) =>
    (error as StorageError).message.includes(message),
  );
  return verdict === undefined ? error : redisError(ofKind(verdict, kind), (error as StorageError).cause);
}

function ofKind(verdict: ErrorVerdict, kind: KeyKind): ErrorVerdict {
  return {
    ...verdict,
    message: verdict.message.replace("a key with this prefix", `a key of ${kind}`),
    remedy: `Remove the key, whose name matches "${KEY_PATTERNS[kind]}", or choose another {option}.`,
  };
}

/** Whether the other side ended the connection, without a word. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === "SocketClosedUnexpectedlyError";
}

function judge(error: unknown): ErrorVerdict {
  if (!(error instanceof Error)) return { code: "internal", message: `an unexpected ${typeof error} was thrown` };
  const byText = BY_TEXT.find(([pattern]) => pattern.test(error.message));
  if (byText !== undefined) return byText[1];
  const byReply = BY_REPLY[/^[A-Z]+/.exec(error.message)?.[0] ?? ""];
  if (byReply !== undefined) return byReply;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const byClient = BY_CLIENT[code] ?? BY_CLIENT[error.constructor.name];
  if (byClient !== undefined) return byClient;
  // Its arguments are ours and checked, so what it stumbled over is a value.
  if (SCRIPT_FAILED.test(error.message)) return FOREIGN_VALUE;
  if (ERROR_REPLIES.has(error.constructor.name)) return FOREIGN_REPLY;
  if (isCertificateCode(code)) {
    return {
      code: "unavailable",
      message: `the server's certificate was not accepted (${code})`,
      option: "options.tls",
      remedy: "Check {option}.",
    };
  }
  return { code: "internal", message: `an unexpected ${error.constructor.name} was thrown` };
}

/** Redis quotes names of keys and arguments of commands; the first word of a reply says what kind of error it is. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error) || codeOf(error) !== undefined) return error;
  const reply = /^[A-Z]+(?= )/.exec(error.message)?.[0];
  return reply === undefined ? error : Object.assign(new Error(), { name: error.constructor.name, code: reply });
}
