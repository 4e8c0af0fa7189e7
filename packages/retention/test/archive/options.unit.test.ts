import { describe, expect, it } from "vitest";
import { type OpenArchiveOptions, openArchive } from "../../src/index.js";
import { failureOf } from "./support/failure.js";

describe("openArchive refuses", () => {
  it.each<[what: string, options: unknown, says: string]>([
    ["an unknown option", { timeout: 5 }, 'unknown key "timeout"'],
    ["an unknown option of S3", { s3: { pathStyle: true } }, 'unknown key "pathStyle"'],
    ["an unknown access", { access: "append" }, "options.access must be one of read, write"],
    ["a timeout of nothing", { timeoutMs: 0 }, "options.timeoutMs"],
    ["an endpoint without a scheme", { s3: { endpoint: "localhost:9000" } }, "options.s3.endpoint must be a URL"],
    ["an endpoint with a password", { s3: { endpoint: "http://me:secret@host" } }, "options.s3.endpoint must be a URL"],
    ["half of the credentials", { s3: { credentials: { accessKeyId: "secret" } } }, "secretAccessKey must be a string"],
    ["an empty temporary folder", { temporaryFolder: "" }, "options.temporaryFolder must not be empty"],
  ])("%s", async (_what, options, says) => {
    const error = await failureOf(() => openArchive("s3://bucket/x", options as OpenArchiveOptions));
    expect([error.code, error.operation]).toEqual(["invalid_argument", "archive.open"]);
    expect(error.message).toContain(says);
    expect(error.message).not.toContain("secret@");
  });
});
