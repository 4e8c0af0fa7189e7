import { describe, expect, test } from "vitest";
import { type Line, readLineBatches } from "../../src/bytes/lines.js";
import { bytes, collect } from "../support/read.js";

async function* readLines(...args: Parameters<typeof readLineBatches>): AsyncGenerator<Line> {
  for await (const lines of readLineBatches(...args)) yield* lines;
}

describe("lines", () => {
  test.each([1, 2, 3, 7, 100])("survive pieces of %i bytes", async (size) => {
    const lines = await collect(readLines(bytes("\ufeffä€😀\n\n  \r\nlast", size)));
    expect(lines).toEqual([
      { number: 1, text: "ä€😀", ended: true },
      { number: 4, text: "last", ended: false },
    ]);
  });

  test("too long and not UTF-8 are said, and the next line is read", async () => {
    const long = await collect(readLines(bytes("123456\nok\n"), 5));
    expect(long).toEqual([
      { number: 1, problem: "is longer than 5 bytes" },
      { number: 2, text: "ok", ended: true },
    ]);
    const broken = await collect(readLines(bytes(Buffer.from([0xff, 0x0a, 0x61]))));
    expect(broken).toEqual([
      { number: 1, problem: "is not valid UTF-8" },
      { number: 2, text: "a", ended: false },
    ]);
  });

  test("only a line feed ends one, and bytes of zero around it are cut off", async () => {
    const lines = await collect(readLines(bytes('"a\u2028b\rc"\n\0\0{}\0\n\0\0\n')));
    expect(lines).toEqual([
      { number: 1, text: '"a\u2028b\rc"', ended: true },
      { number: 2, text: "{}", ended: true },
    ]);
  });
});
