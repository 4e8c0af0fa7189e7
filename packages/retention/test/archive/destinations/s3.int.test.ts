import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, vi } from "vitest";
import { PART_BYTES } from "../../../src/archive/destinations/s3/upload.js";
import { openArchive, restoreArchive } from "../../../src/index.js";
import { archive, collect, DAY, eventNumber, eventNumbers, ONE_DAY } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { openS3, openSmallS3, s3OfFile, s3Options } from "../support/s3.js";
import { startS3Proxy } from "../support/s3-proxy.js";
import { tempFolder } from "../support/temp-folder.js";

const s3 = s3OfFile();

const NO_RANGE = "<Error><Code>InvalidRange</Code><Message>The requested range is not satisfiable</Message></Error>";

function client(): S3Client {
  const { endpoint, region, credentials } = s3.server;
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
}

describe("an archive in a bucket", () => {
  it("is written, listed, verified, queried, restored and discarded, and leaves no temporary file", async () => {
    const temporaryFolder = tempFolder();
    const opened = await openS3("s3://test/all of it/ä", s3Options(s3.server), { temporaryFolder });
    const events = [...eventNumbers(12_000), eventNumber(13_000, { payload: "\u0000\ud800" })];
    const manifest = await archive(opened, "a", events);
    expect(await collect(opened.manifests())).toEqual([manifest]);
    expect((await collect(opened.verify())).map(({ status }) => status)).toEqual(["ok"]);
    expect(await collect(opened.events())).toEqual(events);
    expect(await collect(opened.events({ agentId: "agent-1", from: new Date(DAY + 11_900_000) }))).toHaveLength(34);
    await using storage = await openMemoryStorage();
    expect((await restoreArchive(opened, storage)).inserted).toBe(12_001);
    expect(await collect(storage.audit.stream())).toEqual(events);
    const [own] = readdirSync(temporaryFolder);
    expect(readdirSync(`${temporaryFolder}/${own}`)).toEqual([]);
    await opened.discard({ archiveId: "a", from: ONE_DAY.from, to: ONE_DAY.to });
    await opened.discard({ archiveId: "a", from: ONE_DAY.from, to: ONE_DAY.to });
    expect(await collect(opened.manifests())).toEqual([]);
    await opened.close();
    expect(readdirSync(temporaryFolder)).toEqual([]);
  });

  it("a manifest that is larger than manifests are is not read", async () => {
    const proxy = await startS3Proxy(s3.server.endpoint);
    const opened = await openS3("s3://test/hostile", { ...s3Options(s3.server), endpoint: proxy.endpoint });
    const Key = "hostile/_manifests/dataset=audit/2026-03-01_a.json";
    await client().send(new PutObjectCommand({ Bucket: "test", Key, Body: Buffer.alloc(9 * 1024 * 1024, " ") }));
    const error = await failureOf(() => collect(opened.manifests()));
    expect([error.code, error.message]).toEqual([
      "corrupt",
      expect.stringContaining("it is too large for a manifest: 9 MiB; at most 8 MiB"),
    ]);
    // The first bytes, which say how many there are.
    expect(proxy.requests.filter((request) => request.includes(Key))).toHaveLength(1);
  });

  it("a listing that does not end is given up", async () => {
    const proxy = await startS3Proxy(s3.server.endpoint);
    const opened = await openS3("s3://test/listing", { ...s3Options(s3.server), endpoint: proxy.endpoint });
    const page =
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>";
    proxy.fault = () => ({ status: 200, body: page });
    const error = await failureOf(() => collect(opened.manifests()));
    expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining("its listing does not end")]);
  });

  it("at the root of the bucket has the same layout", async () => {
    const opened = await openS3("s3://test", s3Options(s3.server));
    const manifest = await archive(opened, "root", eventNumbers(2));
    const Key = "dataset=audit/date=2026-03-01/root-0001.parquet";
    const { ContentLength } = await client().send(new GetObjectCommand({ Bucket: "test", Key }));
    expect(ContentLength).toBe(manifest.bytes);
  });

  it("takes files larger than one request in parts", async () => {
    const proxy = await startS3Proxy(s3.server.endpoint);
    const through = { ...s3Options(s3.server), endpoint: proxy.endpoint };
    const opened = await openSmallS3("s3://test/large", through, { partBytes: 65_536, pageKeys: 1000 });
    const events = Array.from({ length: 40 }, (_, n) =>
      eventNumber(n, { payload: randomBytes(9000).toString("base64") }),
    );
    const manifest = await archive(opened, "large", events);
    expect(manifest.bytes).toBeGreaterThan(5 * 65_536);
    const parts = proxy.requests.filter((line) => line.includes("partNumber="));
    expect(parts).toHaveLength(Math.ceil(manifest.bytes / 65_536));
    expect(await collect(opened.events())).toEqual(events);
    expect((await collect(opened.verify())).map(({ status }) => status)).toEqual(["ok"]);
  });

  it("has parts as large as S3 wants them", () => {
    expect(PART_BYTES).toBeGreaterThanOrEqual(5 * 1024 * 1024);
  });

  it("reports damaged, missing and empty objects", async () => {
    const proxy = await startS3Proxy(s3.server.endpoint);
    const opened = await openS3("s3://test/damage", { ...s3Options(s3.server), endpoint: proxy.endpoint });
    await archive(opened, "a", eventNumbers(10));
    await archive(opened, "b", eventNumbers(10, 20));
    await archive(opened, "c", eventNumbers(10, 30));
    const key = (id: string): string => `damage/dataset=audit/date=2026-03-01/${id}-0001.parquet`;
    const { Body } = await client().send(new GetObjectCommand({ Bucket: "test", Key: key("a") }));
    const bytes = (await Body?.transformToByteArray()) as Uint8Array;
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    await client().send(new PutObjectCommand({ Bucket: "test", Key: key("a"), Body: bytes }));
    await client().send(new DeleteObjectCommand({ Bucket: "test", Key: key("b") }));
    await client().send(new PutObjectCommand({ Bucket: "test", Key: key("c"), Body: "" }));
    // What S3 answers; this server breaks the connection.
    proxy.fault = (line) => (/^GET .*c-0001/.test(line) ? { status: 416, body: NO_RANGE } : undefined);
    const found = await collect(opened.verify());
    expect(found.map(({ archiveId, status, reason }) => [archiveId, status, reason])).toEqual([
      ["a", "damaged", expect.stringContaining("SHA-256")],
      ["b", "missing", expect.anything()],
      ["c", "damaged", expect.stringContaining("it has 0 bytes and should have")],
    ]);
    const error = await failureOf(() => collect(opened.checkedEvents({ archiveId: "a" })));
    expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining("s3://test/damage/dataset=audit")]);
  });

  it("asks once for a manifest, and once for a small file of which all is read", async () => {
    const proxy = await startS3Proxy(s3.server.endpoint);
    const opened = await openS3("s3://test/once", { ...s3Options(s3.server), endpoint: proxy.endpoint });
    await archive(opened, "a", eventNumbers(10));
    proxy.requests.length = 0;
    expect(await collect(opened.verify())).toHaveLength(1);
    expect(await collect(opened.events())).toHaveLength(10);
    const methods = proxy.requests.map((line) =>
      line.replace(/ .*list-type=2.*/, " list").replace(/ .*\.(\w+).*/, " $1"),
    );
    const once = ["GET list", "GET json", "GET parquet"];
    expect(methods).toEqual([...once, ...once]);
  });

  it("takes endpoint and credentials from the environment", async () => {
    const { endpoint, region, credentials } = s3.server;
    vi.stubEnv("AWS_ENDPOINT_URL_S3", endpoint);
    vi.stubEnv("AWS_REGION", region);
    vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
    try {
      const opened = await openS3("s3://test/environment", { forcePathStyle: true });
      await archive(opened, "a", eventNumbers(1));
      expect(await collect(opened.events())).toHaveLength(1);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("lists more manifests than one answer of the service holds", async () => {
    const proxy = await startS3Proxy(s3.server.endpoint);
    const through = { ...s3Options(s3.server), endpoint: proxy.endpoint };
    const opened = await openSmallS3("s3://test/many", through, { partBytes: PART_BYTES, pageKeys: 3 });
    const ids = Array.from({ length: 8 }, (_, n) => `id-${n}`);
    for (const id of ids) await archive(opened, id, []);
    proxy.requests.length = 0;
    expect((await collect(opened.manifests())).map(({ archiveId }) => archiveId)).toEqual(ids);
    const listings = proxy.requests.filter((line) => line.includes("list-type=2"));
    expect(listings).toHaveLength(3);
    expect(listings.filter((line) => line.includes("continuation-token="))).toHaveLength(2);
  });
});

describe("a bucket that cannot be used", () => {
  it("is not_found when it does not exist", async () => {
    const error = await failureOf(() => openArchive("s3://nowhere/x", { s3: s3Options(s3.server) }));
    expect([error.code, error.operation]).toEqual(["not_found", "archive.open"]);
    expect(error.message).toContain("s3://nowhere/x: the bucket does not exist");
  });

  it("is permission_denied for a key that the service does not know", async () => {
    const credentials = { accessKeyId: "UNKNOWN", secretAccessKey: "topsecret" };
    const error = await failureOf(() => openArchive("s3://test/x", { s3: { ...s3Options(s3.server), credentials } }));
    expect(error.code).toBe("permission_denied");
    expect(error.message).not.toContain("topsecret");
  });

  it("is unavailable when no server listens", async () => {
    const s3Away = { ...s3Options(s3.server), endpoint: "http://127.0.0.1:9" };
    const error = await failureOf(() => openArchive("s3://test/x", { s3: s3Away }));
    expect([error.code, error.retryable]).toEqual(["unavailable", true]);
  });
});
