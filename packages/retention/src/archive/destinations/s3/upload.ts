import type { FileHandle } from "node:fs/promises";
import { StorageError } from "@agent-assembly/storage-core";
import type { S3Client } from "@aws-sdk/client-s3";
import type { S3Sdk } from "./client.js";

/** Size of a part, which is held in memory one at a time. */
export const PART_BYTES = 16 * 1024 * 1024;
/** S3 takes no more parts than this. */
const MAX_PARTS = 10_000;

interface Upload {
  readonly file: FileHandle;
  readonly size: number;
  readonly partBytes: number;
}

interface UploadTarget {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly object: { readonly Bucket: string; readonly Key: string };
}

/** Runs one request. @param stopping it clears up, so the caller's abort must not stop it */
type Call = <T>(work: (options: { readonly abortSignal: AbortSignal }) => Promise<T>, stopping?: boolean) => Promise<T>;

/** Uploads a file in parts. When that fails the parts are taken back, since they would cost their owner money unseen. */
export async function uploadParts(
  { sdk, client, object }: UploadTarget,
  { file, size, ...wanted }: Upload,
  call: Call,
): Promise<void> {
  const { UploadId } = await call((options) => client.send(new sdk.CreateMultipartUploadCommand(object), options));
  const upload = { ...object, UploadId };
  try {
    const partBytes = Math.max(wanted.partBytes, Math.ceil(size / MAX_PARTS));
    const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
    for (let start = 0; start < size; start += partBytes) {
      const Body = await readPart(file, start, Math.min(partBytes, size - start));
      const PartNumber = parts.length + 1;
      const { ETag } = await call((options) =>
        client.send(new sdk.UploadPartCommand({ ...upload, PartNumber, Body }), options),
      );
      parts.push({ PartNumber, ETag });
    }
    await call((options) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [...parts] } }),
        options,
      ),
    );
  } catch (error) {
    await call((options) => client.send(new sdk.AbortMultipartUploadCommand(upload), options), true).catch(
      // What made the upload fail often makes this fail as well, and is what the caller has to know.
      () => undefined,
    );
    throw error;
  }
}

/** Exactly `length` bytes of a local file. */
export async function readPart(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0)
      throw new StorageError({ code: "corrupt", message: "a file became shorter while it was uploaded" });
    filled += bytesRead;
  }
  return buffer;
}
