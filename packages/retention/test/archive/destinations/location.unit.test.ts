import { describe, expect, it } from "vitest";
import { parseArchiveUrl } from "../../../src/archive/location.js";
import { failureOf } from "../support/failure.js";

describe("parseArchiveUrl", () => {
  it.each([
    ["file:///var/archive", { kind: "file", path: "/var/archive" }],
    ["file:///var/with%20space/", { kind: "file", path: "/var/with space" }],
    ["s3://bucket", { kind: "s3", bucket: "bucket", prefix: "", url: "s3://bucket" }],
    ["s3://bucket/", { kind: "s3", bucket: "bucket", prefix: "", url: "s3://bucket" }],
    ["s3://my.bucket/a//b%20c/", { kind: "s3", bucket: "my.bucket", prefix: "a/b c/", url: "s3://my.bucket/a/b c" }],
  ])("understands %s", (url, expected) => {
    expect(parseArchiveUrl(url)).toMatchObject(expected);
  });

  it.each([
    ["no URL", "archive", "is not a valid archive URL"],
    ["nothing", undefined, "is not a valid archive URL, got nothing"],
    ["an unknown scheme", "ftp://user:secret@host/x", "has the scheme ftp://"],
    ["a relative file", "file://archive", "must have three slashes"],
    ["a bucket without a name", "s3:///x", "names no bucket"],
    ["a port", "s3://bucket:9000/x", "names no bucket"],
    ["credentials", "s3://key:secret@bucket/x", "must not contain credentials"],
    ["a query", "s3://bucket/x?secret=1", "must not have a query"],
  ])("refuses %s without repeating it", async (_what, url, says) => {
    const error = await failureOf(() => parseArchiveUrl(url));
    expect(error.code).toBe("invalid_argument");
    expect(error.message).toContain(says);
    expect(error.message).not.toContain("secret");
  });
});
