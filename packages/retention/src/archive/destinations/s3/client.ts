import { StorageError } from "@agent-assembly/storage-core";
import { installRemedy } from "@agent-assembly/storage-core/backend";
import type { S3Client } from "@aws-sdk/client-s3";
import type { S3Options } from "./options.js";

export type S3Sdk = typeof import("@aws-sdk/client-s3");

/** Attempts of one request, by the SDK. */
export const S3_ATTEMPTS = 3;

/**
 * The AWS SDK, which only archives in S3 need.
 * @throws `unsupported` that says what to install
 */
export async function loadS3Sdk(load?: () => Promise<S3Sdk>): Promise<S3Sdk> {
  try {
    // In here, so that a bundler takes a package that is not installed for one that may be missing.
    return load === undefined ? await import("@aws-sdk/client-s3") : await load();
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    // Only the SDK itself missing counts; a broken installation of it must show its own error. Vite's has no code.
    const isMissing = /^(ERR_)?MODULE_NOT_FOUND$/.test(code) || /^Could not resolve /.test(message);
    if (!isMissing || !/['"]@aws-sdk\/client-s3['"/]/.test(message)) throw cause;
    throw new StorageError({
      code: "unsupported",
      message: "archives in S3 need the AWS SDK, which is not installed",
      remedy: installRemedy("@aws-sdk/client-s3"),
      cause,
    });
  }
}

export function createS3Client(sdk: S3Sdk, options: S3Options, timeoutMs: number): S3Client {
  const { endpoint, region, forcePathStyle, credentials } = options;
  return new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    ...(credentials === undefined ? {} : { credentials: withPlainMembers(credentials) }),
    // The newer default sends checksums in a way that many S3-compatible services refuse. Files are read back anyway.
    ...(process.env.AWS_REQUEST_CHECKSUM_CALCULATION === undefined
      ? { requestChecksumCalculation: "WHEN_REQUIRED" as const }
      : {}),
    ...(process.env.AWS_RESPONSE_CHECKSUM_VALIDATION === undefined
      ? { responseChecksumValidation: "WHEN_REQUIRED" as const }
      : {}),
    maxAttempts: S3_ATTEMPTS,
    requestHandler: {
      connectionTimeout: Math.min(timeoutMs, 10_000),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}

interface SdkCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

function withPlainMembers(
  credentials: NonNullable<S3Options["credentials"]>,
): SdkCredentials | (() => Promise<SdkCredentials>) {
  const plain = ({ accessKeyId, secretAccessKey, sessionToken }: Exclude<typeof credentials, () => unknown>) => ({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  });
  return typeof credentials === "function" ? async () => plain(await credentials()) : plain(credentials);
}
