import { type S3Server, startS3 } from "@agent-assembly/test-services";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type Archive, type OpenArchiveOptions, openArchive, type S3Options } from "../../../src/index.js";
import { tempFolder } from "./temp-folder.js";

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
