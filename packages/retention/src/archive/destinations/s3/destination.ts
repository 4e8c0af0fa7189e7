import { randomUUID } from "node:crypto";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { StorageError } from "@agent-assembly/storage-core";
import { fileError } from "@agent-assembly/storage-core/backend";
import type { S3Client } from "@aws-sdk/client-s3";
import { damaged } from "../../errors.js";
import type { ArchiveLocation } from "../../location.js";
import type { Destination, StoredFile } from "../destination.js";
import { onDisk } from "../file-errors.js";
import { S3_ATTEMPTS, type S3Sdk } from "./client.js";
import { s3Error } from "./errors.js";
import { PART_BYTES, readPart, uploadParts } from "./upload.js";
import { eraseVersions, lockText } from "./versions.js";

export interface S3DestinationOptions {
  readonly temporaryFolder: string;
  readonly timeoutMs: number;
  /** A file up to this size goes in one request, a larger one in parts of it; default 16 MiB. */
  readonly partBytes?: number | undefined;
}

/** What comes with the size of a file. It takes no longer than the size alone. */
const BEGINNING_BYTES = 64 * 1024;

/** A bucket, or the part of it below a prefix. */
export class S3Destination implements Destination {
  readonly url: string;
  readonly isRemote = true;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #partBytes: number;
  #folder: Promise<string> | undefined;

  constructor(
    private readonly sdk: S3Sdk,
    private readonly client: S3Client,
    location: Extract<ArchiveLocation, { kind: "s3" }>,
    private readonly options: S3DestinationOptions,
  ) {
    this.url = location.url;
    this.#bucket = location.bucket;
    this.#prefix = location.prefix;
    this.#partBytes = options.partBytes ?? PART_BYTES;
  }

  /** @throws when the bucket cannot be listed */
  async check(): Promise<void> {
    await this.#call("", undefined, (options) =>
      this.client.send(
        new this.sdk.ListObjectsV2Command({ Bucket: this.#bucket, Prefix: this.#prefix, MaxKeys: 1 }),
        options,
      ),
    );
  }

  async stage(): Promise<string> {
    const { temporaryFolder } = this.options;
    // One folder for this archive: what a crash leaves behind can be told from other files.
    this.#folder ??= onDisk(temporaryFolder, () => mkdtemp(join(temporaryFolder, "aasm-archive-")));
    return join(await this.#folder, randomUUID());
  }

  async put(path: string, staged: string, signal?: AbortSignal): Promise<void> {
    const file = await onDisk(staged, () => open(staged, "r"));
    try {
      const { size } = await file.stat();
      if (size <= this.#partBytes) await this.#putWhole(path, file, size, signal);
      else await this.#putParts(path, file, size, signal);
    } finally {
      await file.close();
    }
    await this.unstage(staged);
  }

  async unstage(staged: string): Promise<void> {
    await onDisk(staged, () => rm(staged, { force: true }));
  }

  /** One request brings the size and the beginning, which of a manifest or a small file is all that will be read. */
  async open(path: string, signal?: AbortSignal): Promise<StoredFile> {
    const { bytes, beginning } = await this.#begin(path, signal);
    return {
      bytes,
      read: async (start, end, readSignal) => {
        if (start >= end || end > beginning.length) return this.#read(path, start, end, readSignal);
        readSignal?.throwIfAborted();
        return beginning.subarray(start, end);
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async list(folder: string, signal?: AbortSignal): Promise<string[]> {
    const paths: string[] = [];
    const begin = this.#prefix + folder;
    let token: string | undefined;
    do {
      const last: string | undefined = token;
      const page = await this.#call(folder, signal, (options) =>
        this.client.send(
          new this.sdk.ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: begin,
            ContinuationToken: token,
          }),
          options,
        ),
      );
      for (const { Key } of page.Contents ?? []) {
        if (Key?.startsWith(begin)) paths.push(Key.slice(this.#prefix.length));
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (token !== undefined && token === last) throw damaged(this.#name(folder), "its listing does not end");
    } while (token !== undefined);
    return paths.sort();
  }

  async remove(path: string): Promise<void> {
    await this.#call(path, undefined, (options) =>
      this.client.send(new this.sdk.DeleteObjectCommand(this.#object(path)), options),
    );
  }

  async erase(path: string): Promise<string | undefined> {
    const object = this.#object(path);
    return this.#call(path, undefined, (options) => eraseVersions(this.sdk, this.client, object, options));
  }

  async lockOf(path: string): Promise<string | undefined> {
    const object = this.#object(path);
    return this.#call(path, undefined, (options) => lockText(this.sdk, this.client, object, options));
  }

  async close(): Promise<void> {
    this.client.destroy();
    const folder = await this.#folder;
    this.#folder = undefined;
    if (folder !== undefined) await onDisk(folder, () => rm(folder, { recursive: true, force: true }));
  }

  async #putWhole(path: string, file: FileHandle, size: number, signal: AbortSignal | undefined): Promise<void> {
    const body = await readPart(file, 0, size).catch((error: unknown) => {
      throw fileError(error, this.options.temporaryFolder);
    });
    await this.#call(path, signal, (options) =>
      this.client.send(new this.sdk.PutObjectCommand({ ...this.#object(path), Body: body }), options),
    );
  }

  async #putParts(path: string, file: FileHandle, size: number, signal: AbortSignal | undefined): Promise<void> {
    await uploadParts(
      { sdk: this.sdk, client: this.client, object: this.#object(path) },
      { file, size, partBytes: this.#partBytes },
      (work, stopping) => this.#call(path, stopping ? undefined : signal, work),
    );
  }

  async #begin(path: string, signal: AbortSignal | undefined): Promise<{ bytes: number; beginning: Uint8Array }> {
    const begun = await this.#call(path, signal, (options) =>
      this.#get(path, 0, BEGINNING_BYTES, options).catch((error: unknown) => {
        if (isOutOfRange(error)) return undefined;
        throw error;
      }),
    );
    if (begun?.total !== undefined) return { bytes: begun.total, beginning: begun.bytes };
    // Nothing of an empty file is in any range.
    const head = await this.#call(path, signal, (options) =>
      this.client.send(new this.sdk.HeadObjectCommand(this.#object(path)), options),
    );
    const bytes = head.ContentLength ?? 0;
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw damaged(this.#name(path), "the service states no valid size");
    return { bytes, beginning: new Uint8Array(0) };
  }

  async #read(path: string, start: number, end: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    if (start >= end) return new Uint8Array(0);
    const { bytes } = await this.#call(path, signal, (options) => this.#get(path, start, end, options));
    if (bytes.length === end - start) return bytes;
    throw damaged(this.#name(path), `${bytes.length} of ${end - start} bytes came`);
  }

  /**
   * A broken transfer is repeated: the SDK only repeats what fails before the answer begins.
   * @returns the bytes that there are in the range, and how many the file has where the service says so
   */
  async #get(
    path: string,
    start: number,
    end: number,
    options: { readonly abortSignal: AbortSignal },
  ): Promise<{ readonly bytes: Uint8Array; readonly total: number | undefined }> {
    for (let attempt = 1; ; attempt++) {
      const command = new this.sdk.GetObjectCommand({ ...this.#object(path), Range: `bytes=${start}-${end - 1}` });
      const { Body, ContentRange } = await this.client.send(command, options);
      try {
        const bytes = await collect(Body as Readable, end - start, options.abortSignal);
        const total = /\/(\d{1,15})$/.exec(ContentRange ?? "")?.[1];
        return { bytes, total: total === undefined ? undefined : Number(total) };
      } catch (error) {
        if (attempt === S3_ATTEMPTS || options.abortSignal.aborted) throw error;
      }
    }
  }

  /** Runs one operation with a deadline of its own, errors translated. An abort throws the signal's reason. */
  async #call<T>(
    path: string,
    signal: AbortSignal | undefined,
    work: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const limitMs = this.options.timeoutMs * S3_ATTEMPTS;
    // Not AbortSignal.any: what it makes stays attached to the caller's signal, which may outlive many thousand calls.
    const stop = new AbortController();
    const stopNow = (): void => stop.abort();
    const timer = setTimeout(stopNow, limitMs);
    signal?.addEventListener("abort", stopNow);
    try {
      return await work({ abortSignal: stop.signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (!stop.signal.aborted) throw s3Error(error, this.#name(path));
      const message = `${this.#name(path)}: the service did not answer within ${limitMs} ms`;
      throw new StorageError({ code: "timeout", message, cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stopNow);
    }
  }

  #object(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + path };
  }

  #name(path: string): string {
    return path === "" ? this.url : `${this.url}/${path}`;
  }
}

function isOutOfRange(error: unknown): boolean {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 416;
}

/** A body, of which no more than `limit` bytes and one are kept: more is as wrong as fewer. */
async function collect(body: Readable, limit: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of addAbortSignal(signal, body) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks);
}
