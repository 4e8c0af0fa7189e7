import { tmpdir } from "node:os";
import { checkKeys, checkObject, parseChoice, parseInteger, parseText } from "@agent-assembly/storage-core/backend";
import type { Archive } from "./archive.js";
import { DestinationArchive } from "./destination-archive.js";
import type { Destination } from "./destinations/destination.js";
import { FileDestination } from "./destinations/file-destination.js";
import { createS3Client, loadS3Sdk } from "./destinations/s3/client.js";
import { S3Destination } from "./destinations/s3/destination.js";
import { checkS3Options, type S3Options } from "./destinations/s3/options.js";
import { withOperation } from "./errors.js";
import { parseArchiveUrl } from "./location.js";

/** Options of {@link openArchive}. */
export interface OpenArchiveOptions {
  /**
   * `write` (the default) makes the folder of a `file://` archive where it is missing, and needs the right to write to
   * it; `read` does neither, so that archives on read-only file systems can be used, and refuses to write.
   */
  readonly access?: "read" | "write" | undefined;
  readonly s3?: S3Options | undefined;
  /** Where files are written before they are uploaded, and copied to before they are restored. Default: the system's. */
  readonly temporaryFolder?: string | undefined;
  /** Milliseconds that one attempt of an S3 request may take, of which there are up to three. Default 60,000. */
  readonly timeoutMs?: number | undefined;
}

const MAX_TIMEOUT_MS = 3_600_000;

/**
 * Opens the archive at `file:///absolute/folder` or `s3://bucket/prefix`.
 * @throws `invalid_argument` for a URL or option that cannot work; `permission_denied`; `not_found` for a bucket, or with
 * `access: "read"` a folder, that does not exist; `unsupported` where the AWS SDK is not installed; `unavailable`,
 * `timeout`
 * @example
 * ```ts
 * import { openArchive } from "@agent-assembly/retention";
 *
 * await using archive = await openArchive("file:///var/lib/audit-archive", { access: "read" });
 * for await (const event of archive.events({ agentId: "agent-1" })) console.log(event.ts, event.action);
 * ```
 */
export async function openArchive(url: string, options: OpenArchiveOptions = {}): Promise<Archive> {
  return withOperation("archive.open", async () => {
    const isReadOnly = options.access === "read";
    return new DestinationArchive(await openDestination(url, options), isReadOnly);
  });
}

async function openDestination(url: string, options: OpenArchiveOptions): Promise<Destination> {
  const location = parseArchiveUrl(url);
  const { access, s3, temporaryFolder, timeoutMs } = checkOptions(options);
  if (location.kind === "file") return FileDestination.open(location.url, location.path, access);
  const sdk = await loadS3Sdk();
  const destination = new S3Destination(sdk, createS3Client(sdk, s3, timeoutMs), location, {
    temporaryFolder,
    timeoutMs,
  });
  try {
    await destination.check();
    return destination;
  } catch (error) {
    await destination.close();
    throw error;
  }
}

function checkOptions(options: OpenArchiveOptions) {
  checkObject("options", options);
  checkKeys("options", options, ["access", "s3", "temporaryFolder", "timeoutMs"]);
  const { access = "write", s3 = {}, temporaryFolder = tmpdir(), timeoutMs = 60_000 } = options;
  checkS3Options(s3);
  return {
    access: parseChoice("options.access", access, ["read", "write"] as const),
    s3,
    temporaryFolder: parseText("options.temporaryFolder", temporaryFolder),
    timeoutMs: parseInteger("options.timeoutMs", timeoutMs, 1, MAX_TIMEOUT_MS),
  };
}
