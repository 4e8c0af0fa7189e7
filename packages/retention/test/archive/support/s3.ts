import { type S3Server, startS3 } from "@agent-assembly/test-services";
import { afterAll, beforeAll, onTestFinished, vi } from "vitest";
import { DestinationArchive } from "../../../src/archive/destination-archive.js";
import { createS3Client, loadS3Sdk } from "../../../src/archive/destinations/s3/client.js";
import { S3Destination } from "../../../src/archive/destinations/s3/destination.js";
import { parseArchiveUrl } from "../../../src/archive/location.js";
import { type Archive, type OpenArchiveOptions, openArchive, type S3Options } from "../../../src/index.js";
import type { S3Proxy } from "./s3-proxy.js";
import { tempFolder } from "./temp-folder.js";

/** Of one attempt of a request. Only time that a test lets pass takes so long. */
export const TIMEOUT_MS = 60_000;
/** Attempts of one request. */
const ATTEMPTS = 3;

/** One S3 server for all tests of a file. */
export function s3OfFile(): { readonly server: S3Server } {
  const held: { server?: S3Server } = {};
  beforeAll(async () => {
    held.server = await startS3({ buckets: ["test"] });
  });
  afterAll(() => held.server?.stop());
  return {
    get server() {
      if (held.server === undefined) throw new Error("the S3 server was not started");
      return held.server;
    },
  };
}

export function s3Options({ endpoint, region, credentials }: S3Server): Required<S3Options> {
  return { endpoint, region, credentials, forcePathStyle: true };
}

/** Opens for one test, with a temporary folder of its own that is checked to be empty at the end. */
export async function openS3(url: string, s3: S3Options, more: OpenArchiveOptions = {}): Promise<Archive> {
  const archive = await openArchive(url, { s3, temporaryFolder: tempFolder(), ...more });
  onTestFinished(() => archive.close());
  return archive;
}

export interface S3Sizes {
  readonly partBytes: number;
  /** Objects in one answer to a listing. */
  readonly pageKeys: number;
}

/** The same where a few small objects are as much as large ones, and many, are otherwise. */
export async function openSmallS3(url: string, s3: S3Options, { partBytes, pageKeys }: S3Sizes): Promise<Archive> {
  const location = parseArchiveUrl(url);
  if (location.kind !== "s3") throw new TypeError(`${url} names no bucket`);
  const sdk = await loadS3Sdk();
  const client = createS3Client(sdk, s3, TIMEOUT_MS);
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        next(commandName === "ListObjectsV2Command" ? { ...args, input: { ...args.input, MaxKeys: pageKeys } } : args),
    { step: "initialize", name: "smallPages" },
  );
  const options = { temporaryFolder: tempFolder(), timeoutMs: TIMEOUT_MS, partBytes };
  const archive = new DestinationArchive(new S3Destination(sdk, client, location, options));
  onTestFinished(() => archive.close());
  return archive;
}

/** After which the next attempt of a request has begun, and has not been given up. */
const PAUSE_MS = 5000;

/** From now on time stands, until the service falls silent: then the time passes that an answer may take. */
export function timePassesInSilence(proxy: S3Proxy): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  proxy.onSilence = (fault) => {
    // An attempt that hangs is followed by another one, an answer that stalls by nothing.
    const ms = fault === "hang" ? TIMEOUT_MS + PAUSE_MS : TIMEOUT_MS * ATTEMPTS;
    // What was sent before has to arrive; turns of the event loop are not faked.
    let turns = 0;
    const turn = (): void => {
      if (++turns < 20) setImmediate(turn);
      else if (vi.isFakeTimers()) void vi.advanceTimersByTimeAsync(ms);
    };
    setImmediate(turn);
  };
}
