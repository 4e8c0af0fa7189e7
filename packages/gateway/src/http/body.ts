import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { createGunzip, createInflate, type ZlibOptions } from "node:zlib";
import { type ByteAccount, ByteBudget } from "./byte-budget.js";
import { askForBody } from "./expected-body.js";
import { ProblemError, problem } from "./problem.js";

/** Most bytes of one body, as sent and unzipped: what the specification of OTLP recommends. */
export const DEFAULT_BODY_BYTES = 20 * 1024 * 1024;
/** Most bytes of bodies in memory at a time, over all requests. */
export const DEFAULT_IN_FLIGHT_BYTES = 64 * 1024 * 1024;

/** Bytes that are unzipped before they are counted: each such piece is a trip to another thread and back. */
const UNZIPPED_AT_ONCE = 128 * 1024;

/** Limits of the bodies that a gateway reads. */
export interface BodyLimits {
  /** Most bytes of one body, as sent and unzipped. @default 20 MiB */
  readonly bodyBytes?: number | undefined;
  /** Most bytes of bodies in memory at a time, over all requests. @default 64 MiB */
  readonly inFlightBytes?: number | undefined;
}

/** Reads the bodies of requests within limits. */
export interface BodyReader {
  /**
   * Reads the body and calls `use` with its bytes, unzipped. They count as in flight until `use` has ended, so hand them
   * to nothing that outlives it.
   * @param limit fewer bytes than the reader's own limit
   * @throws ProblemError 400 for a body that is not in its encoding or ends early; 413 above the limit, which a zipped
   *   body meets while it is unzipped; 415 for an unknown encoding; 429 when too many bytes are in flight
   */
  use<T>(request: Request, use: (bytes: Uint8Array) => Promise<T> | T, limit?: number): Promise<T>;
  /** Bytes in flight now. */
  readonly inFlight: number;
}

/** Encodings of a body by their names in `Content-Encoding`; `undefined` leaves the bytes as they are. */
const DECODERS: ReadonlyMap<string, ((options: ZlibOptions) => Transform) | undefined> = new Map([
  ["", undefined],
  ["identity", undefined],
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
]);

/** A reader with a budget of its own: one for each gateway. */
export function createBodyReader(limits: BodyLimits = {}): BodyReader {
  const { bodyBytes = DEFAULT_BODY_BYTES, inFlightBytes = DEFAULT_IN_FLIGHT_BYTES } = limits;
  const budget = new ByteBudget(inFlightBytes);
  return {
    get inFlight() {
      return budget.used;
    },

    async use(request, use, limit = bodyBytes) {
      const max = Math.min(limit, bodyBytes);
      const decoder = decoderOf(request);
      const announced = Number(request.headers.get("content-length") ?? 0);
      if (announced > max) throw tooLarge(max);
      // The length is what the client says; what is held is counted as it arrives.
      if (announced > 0) budget.admit(announced);
      askForBody(request);
      const account = budget.open();
      try {
        return await use(await read(request, decoder, max, account));
      } finally {
        account.release();
      }
    },
  };
}

function decoderOf(request: Request): ((options: ZlibOptions) => Transform) | undefined {
  const encoding = (request.headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (DECODERS.has(encoding)) return DECODERS.get(encoding);
  throw problem("unsupported_media_type", "the Content-Encoding of the request is not supported", {
    remedy: "Send the body as gzip, deflate or identity.",
    headers: { "accept-encoding": "gzip, deflate, identity" },
  });
}

async function read(
  request: Request,
  decoder: ((options: ZlibOptions) => Transform) | undefined,
  max: number,
  account: ByteAccount,
): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const raw = counted(Readable.fromWeb(request.body as ReadableStream<Uint8Array>), max, account);
  try {
    if (decoder === undefined) return await collect(raw);
    let bytes = new Uint8Array();
    await pipeline(raw, decoder({ chunkSize: UNZIPPED_AT_ONCE }), async (unzipped: AsyncIterable<Uint8Array>) => {
      bytes = await collect(counted(unzipped, max, account));
    });
    return bytes;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw isZlibError(error)
      ? problem("invalid_argument", "the body is not in the encoding that its Content-Encoding names", {
          remedy: "Send the whole body in this encoding, or without one.",
        })
      : problem("invalid_argument", "the body ended before it was complete", { retryable: true });
  }
}

/** Passes chunks on, and stops at the first one that exceeds the limit or the budget. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  max: number,
  account: ByteAccount,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.byteLength;
    if (total > max) throw tooLarge(max);
    account.take(chunk.byteLength);
    yield chunk;
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && /^Z_/.test((error as NodeJS.ErrnoException).code ?? "");
}

function tooLarge(max: number): Error {
  return problem("too_large", `the body is larger than ${max} bytes, as sent or unzipped`, {
    remedy: "Send fewer items in each request.",
  });
}
