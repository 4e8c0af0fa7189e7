import { deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createBodyReader } from "../../src/http/body.js";
import { type Problem, problemOf } from "../../src/http/problem.js";

const KIB = 1024;

function post(body: ConstructorParameters<typeof Response>[0], headers: Record<string, string> = {}): Request {
  return new Request("http://127.0.0.1/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

/** A body whose length is not announced, in chunks of 1 KiB; `sent` counts them. */
function chunked(bytes: Uint8Array, sent = { chunks: 0 }): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull(controller) {
        const at = sent.chunks * KIB;
        if (at >= bytes.byteLength) return controller.close();
        sent.chunks++;
        controller.enqueue(bytes.subarray(at, at + KIB));
      },
    },
    { highWaterMark: 0 },
  );
}

async function problemFrom(running: Promise<unknown>): Promise<Problem> {
  return running.then(
    () => expect.unreachable("the body was read"),
    (error: unknown) => problemOf(error),
  );
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test("bodies are read as sent, and unzipped by their encoding in any case", async () => {
  const reader = createBodyReader();
  const bytes = Buffer.from("spans ".repeat(1000));
  const read = (request: Request) => reader.use(request, text);
  expect(await read(post(bytes))).toBe(bytes.toString());
  expect(await read(post(bytes, { "content-encoding": "Identity" }))).toBe(bytes.toString());
  expect(await read(post(gzipSync(bytes), { "content-encoding": "gzip" }))).toBe(bytes.toString());
  expect(await read(post(gzipSync(bytes), { "content-encoding": "X-GZIP" }))).toBe(bytes.toString());
  expect(await read(post(deflateSync(bytes), { "content-encoding": "deflate" }))).toBe(bytes.toString());
  expect(await read(new Request("http://127.0.0.1/", { method: "POST" }))).toBe("");
});

test("an unknown encoding is refused with those that are known", async () => {
  for (const encoding of ["br", "zstd", "gzip, gzip", "aws-chunked"]) {
    const refused = await problemFrom(
      createBodyReader().use(post("x", { "content-encoding": encoding }), () => undefined),
    );
    expect(refused).toMatchObject({ status: 415, code: "unsupported_media_type", retryable: false });
    expect(refused.headers).toEqual({ "accept-encoding": "gzip, deflate, identity" });
    expect(refused.remedy).toBe("Send the body as gzip, deflate or identity.");
    expect(refused.detail).not.toContain(encoding);
  }
});

test("a body above the limit is refused: unread where its length is known, else at the limit", async () => {
  const reader = createBodyReader({ bodyBytes: 4 * KIB });
  expect(await reader.use(post(Buffer.alloc(4 * KIB)), (bytes) => bytes.byteLength)).toBe(4 * KIB);

  const announced = post(chunked(Buffer.alloc(8 * KIB)), { "content-length": String(8 * KIB) });
  expect(await problemFrom(reader.use(announced, text))).toMatchObject({ status: 413, code: "too_large" });
  expect(announced.bodyUsed).toBe(false);

  const sent = { chunks: 0 };
  const streamed = post(chunked(Buffer.alloc(100 * KIB), sent));
  expect(await problemFrom(reader.use(streamed, text))).toMatchObject({ status: 413, code: "too_large" });
  expect(sent.chunks).toBeLessThan(10);
});

test("a zipped body meets the limit while it is unzipped, and what it held is given back", async () => {
  const reader = createBodyReader({ bodyBytes: 64 * KIB });
  const bomb = gzipSync(Buffer.alloc(16 * KIB * KIB));
  expect(bomb.byteLength).toBeLessThan(64 * KIB);
  const refused = await problemFrom(reader.use(post(bomb, { "content-encoding": "gzip" }), text));
  expect(refused).toMatchObject({ status: 413, code: "too_large", retryable: false });
  expect(refused.detail).toBe("the body is larger than 65536 bytes, as sent or unzipped");
  expect(reader.inFlight).toBe(0);
});

test("a route may allow less than the gateway", async () => {
  const reader = createBodyReader();
  const refused = await problemFrom(reader.use(post("four"), text, 3));
  expect(refused).toMatchObject({ status: 413, code: "too_large" });
});

test("a body that is not in its encoding, or ends early, is the sender's mistake", async () => {
  const reader = createBodyReader();
  const zipped = gzipSync(Buffer.from("spans ".repeat(1000)));
  for (const body of [Buffer.from("plain"), zipped.subarray(0, zipped.length - 12)]) {
    const refused = await problemFrom(reader.use(post(body, { "content-encoding": "gzip" }), text));
    expect(refused).toMatchObject({ status: 400, code: "invalid_argument" });
    expect(refused.detail).toBe("the body is not in the encoding that its Content-Encoding names");
  }
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new Error("socket of 10.0.0.7"));
    },
  });
  const refused = await problemFrom(reader.use(post(broken), text));
  expect(refused).toMatchObject({
    status: 400,
    retryable: true,
    detail: "the body ended before it was complete",
  });
  expect(reader.inFlight).toBe(0);
});

test("bytes in flight over all requests are bounded, and count until the request has ended", async () => {
  const reader = createBodyReader({ bodyBytes: 8 * KIB, inFlightBytes: 10 * KIB });
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let begun = (): void => undefined;
  const working = new Promise<void>((resolve) => (begun = resolve));
  const first = reader.use(post(Buffer.alloc(8 * KIB)), async () => {
    begun();
    await ended;
  });
  await working;
  expect(reader.inFlight).toBe(8 * KIB);

  const announced = post(chunked(Buffer.alloc(4 * KIB)), { "content-length": String(4 * KIB) });
  const expected = { status: 429, code: "rate_limited", retryable: true, retryAfter: 1 };
  expect(await problemFrom(reader.use(announced, text))).toMatchObject(expected);
  expect(announced.bodyUsed).toBe(false);
  expect(await problemFrom(reader.use(post(chunked(Buffer.alloc(4 * KIB))), text))).toMatchObject(expected);
  expect(await reader.use(post(Buffer.alloc(KIB)), (bytes) => bytes.byteLength)).toBe(KIB);
  expect(reader.inFlight).toBe(8 * KIB);

  end();
  await first;
  expect(reader.inFlight).toBe(0);
  expect(await reader.use(post(Buffer.alloc(8 * KIB)), (bytes) => bytes.byteLength)).toBe(8 * KIB);
});

test("what a request held is given back when it fails", async () => {
  const reader = createBodyReader();
  const failing = reader.use(post("spans"), () => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(reader.inFlight).toBe(0);
});
