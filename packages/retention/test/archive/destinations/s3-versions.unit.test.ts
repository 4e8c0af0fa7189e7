import type { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { loadS3Sdk } from "../../../src/archive/destinations/s3/client.js";
import { eraseVersions, lockText } from "../../../src/archive/destinations/s3/versions.js";

const OBJECT = { Bucket: "bucket", Key: "archive/a-0001.parquet" };
const UNTIL = new Date("2099-01-01T00:00:00.000Z");
const options = { abortSignal: new AbortController().signal };

interface Sent {
  readonly name: string;
  readonly input: Record<string, unknown>;
}

/** A client that answers by the name of the command, a number being the status of a refusal. */
async function clientOf(answer: (sent: Sent) => object | number) {
  const sdk = await loadS3Sdk();
  const sent: Sent[] = [];
  const client = {
    async send(command: { readonly input: Record<string, unknown> }) {
      const one = { name: command.constructor.name, input: command.input };
      sent.push(one);
      const answered = answer(one);
      if (typeof answered !== "number") return answered;
      throw Object.assign(new Error("refused"), { $metadata: { httpStatusCode: answered } });
    },
  } as unknown as S3Client;
  return { sdk, client, sent };
}

const deleted = (sent: readonly Sent[]): unknown[] =>
  sent.filter(({ name }) => name === "DeleteObjectCommand").map(({ input }) => input.VersionId);

describe("erasing an object", () => {
  it("removes all its versions and marks, page by page, and nothing of others", async () => {
    const { sdk, client, sent } = await clientOf(({ name, input }) => {
      if (name !== "ListObjectVersionsCommand") return {};
      if (input.VersionIdMarker === undefined) {
        const others = [{ Key: `${OBJECT.Key}.copy`, VersionId: "x" }];
        const Versions = [{ Key: OBJECT.Key, VersionId: "2" }, ...others];
        return { Versions, IsTruncated: true, NextKeyMarker: OBJECT.Key, NextVersionIdMarker: "2" };
      }
      return { Versions: [{ Key: OBJECT.Key, VersionId: "1" }], DeleteMarkers: [{ Key: OBJECT.Key, VersionId: "0" }] };
    });
    expect(await eraseVersions(sdk, client, OBJECT, options)).toBeUndefined();
    expect(deleted(sent)).toEqual(["2", "1", "0"]);
  });

  it("tells until when a version is locked, and hides it", async () => {
    const { sdk, client, sent } = await clientOf(({ name, input }) => {
      if (name === "ListObjectVersionsCommand") return { Versions: [{ Key: OBJECT.Key, VersionId: "1" }] };
      if (name === "HeadObjectCommand") return { ObjectLockRetainUntilDate: UNTIL };
      return input.VersionId === undefined ? {} : 403;
    });
    expect(await eraseVersions(sdk, client, OBJECT, options)).toBe("locked until 2099-01-01T00:00:00.000Z");
    expect(deleted(sent)).toEqual(["1", undefined]);
  });

  it("removes the object itself where the service has no versions, and says where it keeps some", async () => {
    const plain = await clientOf(({ name }) => (name === "ListObjectVersionsCommand" ? 501 : {}));
    expect(await eraseVersions(plain.sdk, plain.client, OBJECT, options)).toBeUndefined();
    expect(deleted(plain.sent)).toEqual([undefined]);
    const secret = await clientOf(({ name }) => (name === "ListObjectVersionsCommand" ? 403 : { VersionId: "mark" }));
    expect(await eraseVersions(secret.sdk, secret.client, OBJECT, options)).toContain("keeps older versions");
  });

  it("fails where the service does", async () => {
    const { sdk, client } = await clientOf(() => 500);
    await expect(eraseVersions(sdk, client, OBJECT, options)).rejects.toThrow("refused");
    await expect(lockText(sdk, client, OBJECT, options)).rejects.toThrow("refused");
  });

  it("knows locks and legal holds, and nothing of objects without", async () => {
    const of = async (head: object | number): Promise<string | undefined> => {
      const { sdk, client } = await clientOf(() => head);
      return lockText(sdk, client, OBJECT, options);
    };
    expect(await of({ ObjectLockLegalHoldStatus: "ON" })).toBe("locked by a legal hold of the bucket");
    expect(await of({ ObjectLockRetainUntilDate: UNTIL })).toBe("locked until 2099-01-01T00:00:00.000Z");
    expect(await of({ ObjectLockRetainUntilDate: new Date("2020-01-01") })).toBeUndefined();
    expect(await of({})).toBeUndefined();
    expect(await of(404)).toBeUndefined();
  });
});
