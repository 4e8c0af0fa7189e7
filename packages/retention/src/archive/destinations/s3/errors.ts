import { isStorageError, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

type Meaning = readonly [code: StorageErrorCode, says: string];

const UNREACHABLE: Meaning = ["unavailable", "the service cannot be reached; check the endpoint and the network"];
const FAILED: Meaning = ["unavailable", "the service failed; try again later"];
const SLOW: Meaning = ["timeout", "the service did not answer in time"];
const REFUSED: Meaning = [
  "permission_denied",
  "the service refuses access; check the credentials and the bucket's policy",
];
const NO_ROOM: Meaning = ["full", "the service has no space left"];

/** By the name the service or the SDK gives, or the system's error code. */
const BY_NAME: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: ["not_found", "the bucket does not exist; create it, or correct the URL"],
  NoSuchKey: ["not_found", "it does not exist"],
  NoSuchUpload: ["unavailable", "the service lost the upload; try again"],
  InvalidRange: ["corrupt", "the object is shorter than it should be; restore it from a copy"],
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
  ECONNRESET: ["unavailable", "the connection broke; try again"],
  EPIPE: ["unavailable", "the connection broke; try again"],
  CredentialsProviderError: [
    "permission_denied",
    "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give options.s3.credentials",
  ],
  PermanentRedirect: ["invalid_argument", "the bucket is in another region; set AWS_REGION or options.s3.region"],
};

function byStatus(status: number): Meaning | undefined {
  if (status === 401 || status === 403) return REFUSED;
  if (status === 404) return ["not_found", "it does not exist"];
  if (status === 301 || status === 307) return BY_NAME.PermanentRedirect;
  if (status === 408) return SLOW;
  if (status === 429) return FAILED;
  if (status === 501) return ["unsupported", "the service does not know this operation"];
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
  const [ours, says]: Meaning =
    BY_NAME[name ?? ""] ??
    BY_NAME[code ?? ""] ??
    (status === undefined ? undefined : byStatus(status)) ??
    (message === "Region is missing"
      ? ["invalid_argument", "no region is known; set AWS_REGION or options.s3.region"]
      : [
          "internal",
          `unexpected error ${name ?? "without a name"}${status === undefined ? "" : ` (status ${status})`}`,
        ]);
  return new StorageError({ code: ours, message: `${what}: ${says}`, cause: error });
}
