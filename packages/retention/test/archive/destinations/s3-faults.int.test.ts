import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import type { Archive } from "../../../src/index.js";
import { archive, collect, eventNumber, eventNumbers, ONE_DAY, rowsOf } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { openS3, openSmallS3, s3OfFile, s3Options, TIMEOUT_MS, timePassesInSilence } from "../support/s3.js";
import { type Fault, type S3Proxy, startS3Proxy } from "../support/s3-proxy.js";
import { tempFolder } from "../support/temp-folder.js";

const s3 = s3OfFile();
const DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
const BROKEN = "<Error><Code>InternalError</Code><Message>We encountered an internal error</Message></Error>";

interface Setup {
  readonly opened: Archive;
  readonly proxy: S3Proxy;
  readonly temporaryFolder: string;
  /** The same archive, without the proxy. */
  readonly direct: Archive;
}

let tests = 0;

async function setUp(): Promise<Setup> {
  const url = `s3://test/faults-${tests++}`;
  const proxy = await startS3Proxy(s3.server.endpoint);
  const temporaryFolder = tempFolder();
  const options = { temporaryFolder, timeoutMs: TIMEOUT_MS };
  const opened = await openS3(url, { ...s3Options(s3.server), endpoint: proxy.endpoint }, options);
  return { opened, proxy, temporaryFolder, direct: await openS3(url, s3Options(s3.server)) };
}

/** A fault for the requests whose line matches, until the returned function is called. */
function fail(proxy: S3Proxy, pattern: RegExp, fault: Fault): () => void {
  if (fault === "hang" || fault === "stall") timePassesInSilence(proxy);
  proxy.fault = (line) => (pattern.test(line) ? fault : undefined);
  return () => {
    vi.useRealTimers();
    proxy.fault = () => undefined;
  };
}

const PUT_FILE = /^PUT .*\.parquet/;
const GET_FILE = /^GET .*\.parquet/;

describe("a write", () => {
  it.each<[what: string, pattern: RegExp, fault: Fault, code: string]>([
    ["that is refused", PUT_FILE, { status: 403, body: DENIED }, "permission_denied"],
    ["that fails in the service", PUT_FILE, { status: 500, body: BROKEN }, "unavailable"],
    ["that a broken gateway answers", PUT_FILE, { status: 502, body: "<html>Bad gateway" }, "unavailable"],
    ["without an answer", PUT_FILE, "hang", "timeout"],
    [
      "whose bucket went away",
      PUT_FILE,
      { status: 404, body: "<Error><Code>NoSuchBucket</Code></Error>" },
      "not_found",
    ],
    ["whose read-back is refused", GET_FILE, { status: 403, body: DENIED }, "permission_denied"],
    ["whose read-back stalls", GET_FILE, "stall", "timeout"],
    ["whose read-back breaks off each time", GET_FILE, "break", "unavailable"],
    ["whose read-back is cut short", GET_FILE, "halve", "corrupt"],
    ["whose read-back is altered", GET_FILE, "flip", "corrupt"],
  ])("%s ends in a typed error, and nothing stays", async (_what, pattern, fault, code) => {
    const { opened, proxy, direct, temporaryFolder } = await setUp();
    const end = fail(proxy, pattern, fault);
    const error = await failureOf(() => opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(50))));
    expect([error.code, error.operation, error.backend]).toEqual([code, "archive.write", "archive"]);
    expect(error.retryable).toBe(code === "unavailable" || code === "timeout");
    expect(error.message).toContain("dataset=audit/date=2026-03-01/a-0001.parquet");
    expect(error.message).not.toContain("S3RVER");
    expect(await collect(direct.manifests())).toEqual([]);
    const [own] = readdirSync(temporaryFolder);
    expect(readdirSync(`${temporaryFolder}/${own}`)).toEqual([]);
    // Nothing that was put is left, so the next attempt has nothing to remove.
    end();
    proxy.requests.length = 0;
    const manifest = await opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(50)));
    expect(proxy.requests.filter((line) => line.startsWith("DELETE"))).toEqual([]);
    expect(manifest.rows).toBe(50);
  });

  it("outlives errors that pass", async () => {
    const { opened, proxy } = await setUp();
    let faults = 0;
    proxy.fault = (line) => {
      if (!line.includes(".parquet") || faults >= 2) return undefined;
      faults++;
      return line.startsWith("GET") ? "break" : { status: 503, body: BROKEN };
    };
    await archive(opened, "a", eventNumbers(50));
    expect(await collect(opened.events())).toEqual(eventNumbers(50));
    expect(faults).toBe(2);
  });

  it("in parts that fails takes the parts back", async () => {
    const proxy = await startS3Proxy(s3.server.endpoint);
    const through = { ...s3Options(s3.server), endpoint: proxy.endpoint };
    const opened = await openSmallS3("s3://test/parts", through, { partBytes: 65_536, pageKeys: 1000 });
    fail(proxy, /partNumber=2/, { status: 403, body: DENIED });
    const events = Array.from({ length: 20 }, (_, n) =>
      eventNumber(n, { payload: randomBytes(9000).toString("base64") }),
    );
    const error = await failureOf(() => opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(events)));
    expect(error.code).toBe("permission_denied");
    expect(proxy.requests.filter((line) => /^DELETE .*uploadId=/.test(line))).toHaveLength(1);
    expect(proxy.requests.filter((line) => /^POST .*uploadId=/.test(line))).toEqual([]);
  });

  it("that is aborted while the service hangs throws the reason at once", async () => {
    const { opened, proxy } = await setUp();
    const abort = new AbortController();
    const reason = new Error("enough");
    proxy.fault = (line) => {
      if (!PUT_FILE.test(line)) return undefined;
      abort.abort(reason);
      return "hang";
    };
    const work = opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(5)), {
      signal: abort.signal,
    });
    await expect(work).rejects.toBe(reason);
  });
});

describe("publishing", () => {
  it.each<[what: string, fault: Fault, code: string]>([
    ["that is refused", { status: 403, body: DENIED }, "permission_denied"],
    ["that fails in the service", { status: 500, body: BROKEN }, "unavailable"],
    ["without an answer", "hang", "timeout"],
  ])("%s publishes nothing, and works later", async (_what, fault, code) => {
    const { opened, proxy, direct } = await setUp();
    const manifest = await opened.write({ archiveId: "a", partition: ONE_DAY }, rowsOf(eventNumbers(5)));
    const end = fail(proxy, /^PUT .*\.json/, fault);
    const error = await failureOf(() => opened.publish(manifest));
    expect([error.code, error.operation]).toEqual([code, "archive.publish"]);
    expect(await collect(direct.events())).toEqual([]);
    end();
    await opened.publish(manifest);
    expect(await collect(direct.events())).toEqual(eventNumbers(5));
  });
});

describe("reading", () => {
  it.each<[what: string, pattern: RegExp, fault: Fault, code: string]>([
    ["a file that is refused", GET_FILE, { status: 403, body: DENIED }, "permission_denied"],
    ["a file of a service that fails", GET_FILE, { status: 500, body: BROKEN }, "unavailable"],
    ["a file that stalls", GET_FILE, "stall", "timeout"],
    ["a file that is cut short", GET_FILE, "halve", "corrupt"],
    ["a listing that is refused", /list-type=2/, { status: 403, body: DENIED }, "permission_denied"],
    ["a listing without an answer", /list-type=2/, "hang", "timeout"],
    ["a manifest that is cut short", /^GET .*\.json/, "halve", "corrupt"],
    ["a file that is refused without a word", GET_FILE, { status: 403 }, "permission_denied"],
  ])("%s is a typed error, in queries and when verified", async (_what, pattern, fault, code) => {
    const { opened, proxy, direct } = await setUp();
    await archive(direct, "a", eventNumbers(50));
    fail(proxy, pattern, fault);
    expect((await failureOf(() => collect(opened.events()))).code).toBe(code);
    // What says nothing about the file must not pass for damage.
    const verified = await collect(opened.verify()).catch((error: { code: string }) => error.code);
    expect(verified).toEqual(code === "corrupt" ? [expect.objectContaining({ status: "damaged" })] : code);
  });
});
