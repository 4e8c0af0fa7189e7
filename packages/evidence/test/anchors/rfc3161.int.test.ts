import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readTimeStamp, timeStampRequest } from "../../src/anchors/time-stamp.js";
import { rfc3161Anchor, TreeReader } from "../../src/index.js";
import { withFolder } from "../support/exports.js";
import { MemoryLog, ORIGIN } from "../support/memory-log.js";
import { withServer } from "../support/servers.js";
import { TimeStamper } from "../support/time-stamper.js";

function hasOpenssl(): boolean {
  try {
    return execFileSync("openssl", ["version"]).length > 0;
  } catch {
    // Not installed, which the title of the tests says.
    return false;
  }
}

test("a request is the DER of RFC 3161", () => {
  const digest = createHash("sha256").update("x").digest();
  const request = timeStampRequest(digest, Buffer.from("00000000000000000000000000000081", "hex"));
  expect(Buffer.from(request).toString("hex")).toBe(
    `303b0201013031300d060960864801650304020105000420${digest.toString("hex")}020200810101ff`.replace("303b", "303d"),
  );
});

describe.skipIf(!hasOpenssl())("with an authority by OpenSSL (not run without it)", () => {
  async function stamped(
    work: (stamper: TimeStamper, url: string, log: MemoryLog) => Promise<void>,
    change: (answer: Buffer) => Buffer = (answer) => answer,
  ): Promise<void> {
    await withFolder(async (folder) => {
      const stamper = await TimeStamper.create(folder);
      const handle: TimeStamper["handle"] = async (request) => {
        const reply = await stamper.handle(request);
        return { ...reply, body: change(Buffer.from(reply.body as Uint8Array)) };
      };
      await withServer(handle, (url) => work(stamper, url, new MemoryLog().append(10)));
    });
  }

  test("a token is of the checkpoint, and openssl verifies it", async () => {
    await stamped(async (stamper, url, log) => {
      const anchor = rfc3161Anchor(url);
      const before = Date.now();
      const checkpoint = await log.sign();
      const { at, token, ...receipt } = await anchor.put(checkpoint, new TreeReader(log, log.head));
      expect(receipt).toEqual({ anchor: "rfc3161", checkpoint, where: url });
      // The authority has whole seconds.
      expect(at.getTime()).toBeGreaterThanOrEqual(before - 1_000);
      expect(await stamper.verify(token as Uint8Array, checkpoint)).toContain("Verification: OK");
      expect(await stamper.verify(token as Uint8Array, `${checkpoint} `)).toContain("FAILED");
      expect(await anchor.newest(ORIGIN)).toBeUndefined();
    });
  });

  test("an answer to another request is refused", async () => {
    const first: Buffer[] = [];
    await stamped(
      async (_, url, log) => {
        await rfc3161Anchor(url).put(await log.sign(), new TreeReader(log, log.head));
        const again = rfc3161Anchor(url).put(await log.sign(), new TreeReader(log, log.head));
        await expect(again).rejects.toMatchObject({
          code: "corrupt",
          message: expect.stringContaining("not for this request"),
        });
        const other = rfc3161Anchor(url).put(await log.append(1).sign(), new TreeReader(log, log.head));
        await expect(other).rejects.toMatchObject({
          code: "corrupt",
          message: expect.stringContaining("something else"),
        });
      },
      (answer) => {
        first.push(answer);
        return first[0] as Buffer;
      },
    );
  });

  test("no changed byte makes the reader fail in another way", async () => {
    await stamped(async (stamper) => {
      const digest = createHash("sha256").update("x").digest();
      const nonce = Buffer.alloc(16, 5);
      const body = Buffer.from(timeStampRequest(digest, nonce));
      const headers = { "content-type": "application/timestamp-query" };
      const { body: answer } = await stamper.handle({ method: "POST", url: "/", headers, body });
      const bytes = Buffer.from(answer as Uint8Array);
      expect(readTimeStamp(bytes, digest, nonce)).toHaveProperty("token");
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ 0x81;
        expect(readTimeStamp(changed, digest, nonce)).toBeTypeOf("object");
        expect(readTimeStamp(bytes.subarray(0, at), digest, nonce)).toHaveProperty("problem");
      }
    });
  });
});

test("answers that are none", async () => {
  const log = new MemoryLog().append(10);
  const checkpoint = await log.sign();
  // A refusal: status 2.
  const refusal = Buffer.from("30053003020102", "hex");
  for (const [reply, text] of [
    [{ body: refusal }, "refuses, with status 2"],
    [{ body: Buffer.from("30053003020100", "hex") }, "has no time-stamp token"],
    [{ body: "no" }, "is no time-stamp response"],
    [{ status: 404 }, "answers 404"],
  ] as const) {
    await withServer(
      () => reply,
      async (url) => {
        const put = rfc3161Anchor(url).put(checkpoint, new TreeReader(log, log.head));
        await expect(put).rejects.toMatchObject({ message: expect.stringContaining(text) });
      },
    );
  }
});
