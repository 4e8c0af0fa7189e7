import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decompress } from "../../src/bytes/decompress.js";
import { bytes, collect, eventsOf, problemsOf, read } from "../support/read.js";

const LINE = '{"ts":"2024-05-01T00:00:00Z","agentId":"ä😀","action":"x","decision":"allow"}\n';

/** "hello zstd\n" as the command zstd writes it. */
const ZSTD_HEX = "28b52ffd045859000068656c6c6f207a7374640a6c57f951";

describe("encodings", () => {
  const utf16be = Buffer.from(LINE, "utf16le").swap16();
  test.each([
    ["UTF-8", Buffer.from(LINE)],
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${LINE}`)],
    ["UTF-16 LE with one", Buffer.from(`\ufeff${LINE}`, "utf16le")],
    ["UTF-16 LE", Buffer.from(LINE, "utf16le")],
    ["UTF-16 BE with one", Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])],
    ["UTF-16 BE", utf16be],
    ["gzip", gzipSync(LINE)],
    ["two members of gzip", Buffer.concat([gzipSync(LINE.slice(0, 20)), gzipSync(LINE.slice(20))])],
  ])("%s", async (_, source) => {
    expect(eventsOf(await read(source))).toMatchObject([{ agentId: "ä😀" }]);
  });

  test("what is no UTF-8 or UTF-16 is named", async () => {
    expect(problemsOf(await read(Buffer.from([0x7b, 0xff, 0x7d, 0x0a])))[0]).toContain("is not valid UTF-8");
    const broken = Buffer.concat([Buffer.from(`\ufeff{"a":"`, "utf16le"), Buffer.from([0x00, 0xd8, 0x22, 0x00])]);
    expect(problemsOf(await read(broken))[0]).toContain("is not valid UTF-16LE");
  });
});

describe("compression", () => {
  test("calls without an answer before the end of gzip that is cut off are stored", async () => {
    const { randomBytes } = await import("node:crypto");
    const call = { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "f", arguments: "{}" } }] };
    const rest = Array.from({ length: 2000 }, () => ({ role: "user", content: randomBytes(100).toString("base64") }));
    const text = [call, ...rest].map((line) => `${JSON.stringify(line)}\n`).join("");
    const packed = gzipSync(text);
    const items = await read(packed.subarray(0, packed.length - 20_000));
    expect(eventsOf(items)).toHaveLength(1);
    expect(problemsOf(items).join()).toContain("gzip that ends too early");
  });

  test("gzip that is cut off or broken is named", async () => {
    const packed = gzipSync(LINE.repeat(100));
    expect(problemsOf(await read(packed.subarray(0, packed.length - 12)))[0]).toContain("gzip that ends too early");
    const broken = Buffer.from(packed);
    broken.fill(0xff, 12, 40);
    expect(problemsOf(await read(broken))[0]).toContain("is not valid gzip");
  });

  test("what unpacks to far more than its size is refused before it is unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const unpacked = await decompress(bytes(bomb), 1024 * 1024);
    await expect(collect(unpacked)).rejects.toThrow("more than 200 times its size");
  });

  test("Zstandard", async () => {
    const unpacked = await collect(await decompress(bytes(Buffer.from(ZSTD_HEX, "hex"), 5)));
    expect(Buffer.concat(unpacked).toString()).toBe("hello zstd\n");
    expect(problemsOf(await read(Buffer.from(`${ZSTD_HEX.slice(0, 20)}`, "hex")))[0]).toContain("Zstandard that");
  });
});
