import {
  isStorageError,
  StorageError,
  type StorageErrorCode,
  type StorageErrorInit,
} from "@agent-assembly/storage-core";

type Verdict = Pick<StorageErrorInit, "code" | "message" | "option" | "remedy">;

function verdict(code: StorageErrorCode, message: string, remedy?: string, option?: string): Verdict {
  return { code, message, option, remedy };
}

const ENDPOINT = "options.s3.endpoint";
const REGION = "options.s3.region";
const SET_REGION = "Set AWS_REGION or {option}.";

const UNREACHABLE = verdict(
  "unavailable",
  "the service cannot be reached",
  "Check {option} and the network.",
  ENDPOINT,
);
const FAILED = verdict("unavailable", "the service failed", "Try again later.");
const SLOW = verdict("timeout", "the service did not answer in time");
const REFUSED = verdict(
  "permission_denied",
  "the service refuses access",
  "Check the credentials and the bucket's policy.",
);
const NO_ROOM = verdict("full", "the service has no space left");
const BROKEN = verdict("unavailable", "the connection broke", "Try again.");

/** By the name the service or the SDK gives, or the system's error code. */
const BY_NAME: Readonly<Record<string, Verdict>> = {
  NoSuchBucket: verdict("not_found", "the bucket does not exist", "Create it, or correct the URL."),
  NoSuchKey: verdict("not_found", "it does not exist"),
  NoSuchUpload: verdict("unavailable", "the service lost the upload", "Try again."),
  InvalidRange: verdict("corrupt", "the object is shorter than it should be", "Restore it from a copy."),
  QuotaExceeded: NO_ROOM,
  XMinioStorageFull: NO_ROOM,
  SlowDown: FAILED,
  TimeoutError: SLOW,
  RequestTimeout: SLOW,
  ETIMEDOUT: SLOW,
  ECONNREFUSED: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  CredentialsProviderError: verdict(
    "permission_denied",
    "no credentials were found",
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    "options.s3.credentials",
  ),
  PermanentRedirect: verdict("invalid_argument", "the bucket is in another region", SET_REGION, REGION),
};

function byStatus(status: number): Verdict | undefined {
  if (status === 401 || status === 403) return REFUSED;
  if (status === 404) return verdict("not_found", "it does not exist");
  if (status === 301 || status === 307) return BY_NAME.PermanentRedirect;
  if (status === 408) return SLOW;
  if (status === 429) return FAILED;
  if (status === 501) return verdict("unsupported", "the service does not support this operation");
  if (status === 507) return NO_ROOM;
  return status >= 500 ? FAILED : undefined;
}

/** An error of the SDK as ours; one that is ours already stays as it is. @param what names destination and path */
export function s3Error(error: unknown, what: string): StorageError {
  if (isStorageError(error)) return error;
  const { name, code, message, $metadata } = error as {
    name?: string;
    code?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  const found =
    BY_NAME[name ?? ""] ??
    BY_NAME[code ?? ""] ??
    (status === undefined ? undefined : byStatus(status)) ??
    (message === "Region is missing"
      ? verdict("invalid_argument", "no region is configured", SET_REGION, REGION)
      : verdict(
          "internal",
          `unexpected error ${/^\w{1,64}$/.test(name ?? "") ? name : "without a name"}${status === undefined ? "" : ` (status ${status})`}`,
        ));
  return new StorageError({ ...found, location: { kind: "archive", place: what }, cause: error });
}
