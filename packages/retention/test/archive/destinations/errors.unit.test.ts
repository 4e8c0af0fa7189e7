import type { StorageErrorCode } from "@agent-assembly/storage-core";
import { fileError, installRemedy } from "@agent-assembly/storage-core/backend";
import { describe, expect, it } from "vitest";
import { loadS3Sdk } from "../../../src/archive/destinations/s3/client.js";
import { s3Error } from "../../../src/archive/destinations/s3/errors.js";
import { failureOf } from "../support/failure.js";

const named = (name: string, more: object = {}): Error => Object.assign(new Error("secret detail"), { name }, more);
const status = (httpStatusCode: number): Error => named("UnknownError", { $metadata: { httpStatusCode } });

describe("errors of S3", () => {
  it.each<[what: string, error: unknown, code: StorageErrorCode]>([
    ["no bucket", named("NoSuchBucket"), "not_found"],
    ["no key", named("NoSuchKey"), "not_found"],
    ["a bare 404", status(404), "not_found"],
    ["access denied", named("AccessDenied", { $metadata: { httpStatusCode: 403 } }), "permission_denied"],
    ["a bare 403", status(403), "permission_denied"],
    ["no credentials", named("CredentialsProviderError"), "permission_denied"],
    ["a 500", named("InternalError", { $metadata: { httpStatusCode: 500 } }), "unavailable"],
    ["a 503", named("SlowDown", { $metadata: { httpStatusCode: 503 } }), "unavailable"],
    ["too many requests", status(429), "unavailable"],
    ["a refused connection", named("Error", { code: "ECONNREFUSED" }), "unavailable"],
    ["a broken connection", named("Error", { code: "ECONNRESET" }), "unavailable"],
    ["an unknown host", named("Error", { code: "ENOTFOUND" }), "unavailable"],
    ["no answer", named("TimeoutError"), "timeout"],
    ["a full service", status(507), "full"],
    ["an object that became shorter", named("InvalidRange", { $metadata: { httpStatusCode: 416 } }), "corrupt"],
    ["another region", status(301), "invalid_argument"],
    ["no region", new Error("Region is missing"), "invalid_argument"],
    ["an unknown operation", status(501), "unsupported"],
    ["anything else", new TypeError("secret detail"), "internal"],
  ])("%s", (_what, error, code) => {
    const ours = s3Error(error, "s3://bucket/x/file");
    expect(ours.code).toBe(code);
    expect(ours.message).toContain("s3://bucket/x/file: ");
    expect(ours.message).not.toContain("secret");
    expect(ours.retryable).toBe(code === "unavailable" || code === "timeout");
    expect(s3Error(ours, "other")).toBe(ours);
  });
});

describe("errors of the file system", () => {
  it.each<[system: string, code: StorageErrorCode]>([
    ["ENOSPC", "full"],
    ["EDQUOT", "full"],
    ["EACCES", "permission_denied"],
    ["EPERM", "permission_denied"],
    ["EROFS", "permission_denied"],
    ["ENOENT", "not_found"],
    ["ENOTDIR", "invalid_argument"],
    ["EIO", "unavailable"],
    ["EWHATEVER", "internal"],
  ])("%s is %s", (system, code) => {
    const ours = fileError(Object.assign(new Error("x"), { code: system }), "/archive/file");
    expect([ours.code, ours.message]).toEqual([code, expect.stringContaining("/archive/file: ")]);
  });
});

describe("the AWS SDK", () => {
  it("that is not installed is unsupported, with the command that installs it", async () => {
    const missing = Object.assign(new Error("Cannot find package '@aws-sdk/client-s3' imported from x"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    const error = await failureOf(() => loadS3Sdk(() => Promise.reject(missing)));
    expect([error.code, error.message]).toEqual([
      "unsupported",
      `archives in S3 need the AWS SDK, which is not installed. ${installRemedy("@aws-sdk/client-s3")}`,
    ]);
  });

  it("that is broken shows its own error", async () => {
    const broken = Object.assign(new Error("Cannot find package 'tslib' imported from x"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    await expect(loadS3Sdk(() => Promise.reject(broken))).rejects.toBe(broken);
  });
});
