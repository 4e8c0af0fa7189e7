import { isStorageError, type StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";

/** What an answer can fail with besides the codes of the store: reasons that only a request over HTTP has. */
export const HTTP_PROBLEM_CODES = [
  /** The request carries no token, or one that is unknown, expired or revoked. */
  "unauthenticated",
  /** The token lacks the scope, or the request came from a place that may not send it. */
  "forbidden",
  /** The body's media type or encoding is not one that the route reads. */
  "unsupported_media_type",
  /** Nothing is served at this path with this method. */
  "method_not_allowed",
  /** More requests, or more bytes at a time, than are allowed. */
  "rate_limited",
] as const;

/** A code of the store, or one of {@link HTTP_PROBLEM_CODES}. */
export type ProblemCode = StorageErrorCode | (typeof HTTP_PROBLEM_CODES)[number];

/** What an answer of type `application/problem+json` says (RFC 9457). */
export interface Problem {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  readonly code: ProblemCode;
  /** What is wrong with this request; never a stored value, nor anything about the inside of the server. */
  readonly detail: string;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** What to do, in full sentences. */
  readonly remedy?: string | undefined;
  /** The member of the request that is at fault, such as `events[3].ts`. */
  readonly option?: string | undefined;
  /** Seconds to wait; sent as `Retry-After`. */
  readonly retryAfter?: number | undefined;
  /** Members beyond the standard ones, such as the current version after a conflict. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Sent with the answer, besides its own headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const STATUS: Readonly<Record<ProblemCode, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal: 500,
  corrupt: 500,
  migration_failed: 500,
  permission_denied: 500,
  retention_failed: 500,
  unsupported: 501,
  busy: 503,
  closed: 503,
  schema_newer: 503,
  schema_outdated: 503,
  timeout: 503,
  unavailable: 503,
  full: 507,
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

/** About the server rather than the request: the client learns what it means for it, and the operator reads the log. */
const SERVER_DETAIL: Partial<Readonly<Record<ProblemCode, string>>> = {
  internal: "the gateway failed unexpectedly",
  corrupt: "what is stored cannot be read",
  migration_failed: "the store needs its operator: a migration failed",
  permission_denied: "the store refuses access to the gateway",
  retention_failed: "a step of retention could not be completed",
  busy: "the store is busy with another writer",
  closed: "the gateway is shutting down",
  schema_newer: "the store needs its operator: it was written by a newer version",
  schema_outdated: "the store needs its operator: its migrations are not applied",
  timeout: "the store did not answer in time",
  unavailable: "the store cannot be reached",
  full: "the store has no space left",
};

/** Seconds. SDKs that send telemetry give up when a longer wait is asked of them. */
export const RETRY_AFTER_STORE = 2;

/** A failure that a route decides on itself; anything else that is thrown becomes a problem by {@link problemOf}. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/**
 * A problem with the status of its code.
 * @param more what differs from the default: no remedy, not retryable
 */
export function problem(code: ProblemCode, detail: string, more: Partial<Problem> = {}): ProblemError {
  return new ProblemError({ status: STATUS[code], code, detail, retryable: false, ...more });
}

/**
 * What an answer says of anything that was thrown. Of errors about the request, it is the text of the error without the
 * place of the store; of errors about the server, a fixed sentence.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const code = isStorageError(error) ? error.code : "internal";
  const status = STATUS[code];
  const retryable = code === "closed" || (isStorageError(error) && error.retryable);
  const retryAfter = status === 503 ? RETRY_AFTER_STORE : undefined;
  const detail = SERVER_DETAIL[code];
  if (detail !== undefined || !isStorageError(error)) {
    return { status, code, detail: detail ?? "the gateway failed unexpectedly", retryable, retryAfter };
  }
  return { status, code, ...textsOf(error), retryable, retryAfter };
}

/** The texts of an error about the request; its location, which names files and servers, is left out. */
function textsOf(error: StorageError): Pick<Problem, "detail" | "option" | "remedy"> {
  const { option, remedy } = error;
  const { message } = errorInit(error);
  const detail = option === undefined ? message : message.replaceAll("{option}", () => option);
  return { detail, ...(option !== undefined && { option }), ...(remedy !== undefined && { remedy }) };
}

/** The members of a problem as they are sent. */
export function problemBody({ status, code, detail, retryable, remedy, option, extensions }: Problem): object {
  const title = TITLES[status] ?? "Error";
  return { type: "about:blank", title, status, code, detail, retryable, remedy, option, ...extensions };
}

/** The answer that tells a client about a problem: `application/problem+json`, never stored by caches. */
export function problemResponse(problem: Problem): Response {
  const { status, headers, retryAfter } = problem;
  return new Response(`${JSON.stringify(problemBody(problem))}\n`, {
    status,
    headers: {
      ...headers,
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    },
  });
}
