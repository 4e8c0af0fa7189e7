import type { StorageErrorInit } from "../errors.js";

/** What an error of a driver means: the members of a `StorageError` that do not depend on the call. */
export type ErrorVerdict = Pick<StorageErrorInit, "code" | "message" | "option" | "remedy" | "retryable">;

/** What can happen between a driver and its server, in the same words for every server. */
export const connectionVerdicts = {
  lost: { code: "unavailable", message: "the connection was lost", remedy: "Try again." },
  unreachable: {
    code: "unavailable",
    message: "the server cannot be reached",
    remedy: "Check host, port and network.",
  },
  badLogin: {
    code: "permission_denied",
    message: "the server refuses this user or password",
    remedy: "Check the URL.",
  },
} as const satisfies Readonly<Record<string, ErrorVerdict>>;

/** What the operating system's error codes of a network connection mean. */
export const NETWORK_VERDICTS: Readonly<Record<string, ErrorVerdict>> = {
  ECONNREFUSED: connectionVerdicts.unreachable,
  ETIMEDOUT: connectionVerdicts.unreachable,
  EHOSTUNREACH: connectionVerdicts.unreachable,
  ENETUNREACH: connectionVerdicts.unreachable,
  ECONNRESET: connectionVerdicts.lost,
  EPIPE: connectionVerdicts.lost,
  ENOTFOUND: { code: "unavailable", message: "the host name is unknown", remedy: "Check the URL." },
  EAI_AGAIN: { code: "unavailable", message: "the host name could not be resolved", remedy: "Try again." },
};

const CERTIFICATE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/;

/** Whether Node.js reports with this code that it does not accept a server's certificate. */
export function isCertificateCode(code: string): boolean {
  return CERTIFICATE.test(code);
}

const MAX_CAUSES = 8;

/** The error itself, or the nearest cause, that has a `code`; a wrapper such as DrizzleQueryError has none. */
export function causeWithCode(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    if (codeOf(current) !== undefined || !(current instanceof Error) || current.cause === undefined) return current;
    current = current.cause;
  }
  return current;
}

/** The `code` of an error of a driver or the operating system, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : undefined;
}
