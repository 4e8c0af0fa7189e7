import { describe, expect, test } from "vitest";
import {
  encodeEntry,
  formatTlogProof,
  isEvidenceError,
  type LeafEntry,
  leafHash,
  parseEntry,
  parseSignerKey,
  parseTlogProof,
  parseVerifierKey,
  signCheckpoint,
  type TlogProof,
  TreeAppender,
  TreeReader,
  verifyEntryProof,
  verifyTlogProof,
} from "../../src/index.js";
import { flips } from "../support/bytes.js";
import { hex, leavesOf, MemoryTiles } from "../support/trees.js";

const signer = parseSignerKey("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz");
const keys = [parseVerifierKey(signer.verifierKey)];
const ENTRY: LeafEntry = {
  at: "2026-11-28T09:00:00.000Z",
  reason: "a transaction was open",
  since: "2026-11-28T08:00:00.000Z",
  t: "gap",
  v: 1,
};
const entry = encodeEntry(ENTRY);
const problem = (name: string) => expect.objectContaining({ problem: name });

/** The proof that a leaf of `entry` is the last one of a tree. */
async function proofIn(size: number, extra: Uint8Array | null = entry): Promise<TlogProof> {
  const tiles = new MemoryTiles();
  const appender = new TreeAppender();
  tiles.add(appender.append([...leavesOf(size - 1), leafHash(entry)]));
  const tree = { size, root: appender.root() };
  const hashes = await new TreeReader(tiles, tree).inclusionProof(size - 1);
  const checkpoint = await signCheckpoint({ origin: signer.name, ...tree }, [signer]);
  return { index: size - 1, hashes, checkpoint, ...(extra === null ? {} : { extra }) };
}

test("a file has the lines that C2SP tlog-proof says", async () => {
  const proof = await proofIn(3);
  const [sibling] = proof.hashes as [Uint8Array];
  expect(formatTlogProof(proof)).toBe(
    `c2sp.org/tlog-proof@v1\nextra ${Buffer.from(entry).toString("base64")}\nindex 2\n${Buffer.from(sibling).toString("base64")}\n\n${proof.checkpoint}`,
  );
  expect(formatTlogProof(await proofIn(1, null))).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 0\n\nPeterNeumann\n1\n/);
});

test("a file is read as it was written, and proves its entry", async () => {
  for (const size of [1, 2, 3, 256, 257, 300]) {
    const proof = await proofIn(size);
    const file = formatTlogProof(proof);
    expect(formatTlogProof(parseTlogProof(Buffer.from(file)))).toBe(file);
    const proven = verifyEntryProof(file, keys);
    expect(proven).toMatchObject({ index: size - 1, checkpoint: { size, origin: "PeterNeumann" } });
    expect(parseEntry(proven.entry)).toEqual(ENTRY);
    expect(verifyTlogProof(file, leafHash(entry), keys, { origin: "PeterNeumann" }).index).toBe(size - 1);
  }
});

// The example of C2SP tlog-proof, whose extra data are cut in the specification; that line is left out, and so are the signatures.
test("the example of C2SP is read", () => {
  const file = `c2sp.org/tlog-proof@v1
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJwAA
`;
  expect(parseTlogProof(file)).toMatchObject({ index: 73894, checkpoint: file.slice(file.indexOf("example.com")) });
  expect(parseTlogProof(file).hashes).toHaveLength(5);
  // Five hashes are too few for a tree of this size.
  const always = { name: "example.com/fancylog", id: 0x848d8327, verify: () => true };
  expect(() => verifyTlogProof(file, leafHash(entry), [always])).toThrow(problem("proof_invalid"));
});

test("with any bit of it flipped, a file is refused", async () => {
  const file = Buffer.from(formatTlogProof(await proofIn(300)));
  for (const { at, changed } of flips(file)) {
    try {
      verifyEntryProof(changed, keys);
    } catch (error) {
      expect(isEvidenceError(error), `byte ${at}: ${error}`).toBe(true);
      continue;
    }
    expect.unreachable(`byte ${at}`);
  }
});

describe("what is refused", () => {
  test("a proof of another leaf, of another tree, or with a leaf that the tree has not", async () => {
    const [proof, other] = [await proofIn(300), await proofIn(299)];
    expect(() => verifyTlogProof(formatTlogProof(proof), leafHash(new Uint8Array(1)), keys)).toThrow(
      problem("proof_invalid"),
    );
    for (const wrong of [
      { checkpoint: other.checkpoint },
      { index: 298 },
      { index: 300 },
      { hashes: other.hashes },
      { hashes: [] },
    ]) {
      expect(() => verifyEntryProof(formatTlogProof({ ...proof, ...wrong }), keys)).toThrow(problem("proof_invalid"));
    }
  });

  test("one whose checkpoint an unknown key signed, and one of another log", async () => {
    const file = formatTlogProof(await proofIn(3));
    expect(() => verifyEntryProof(file, [])).toThrow(problem("key_unknown"));
    expect(() => verifyEntryProof(file, keys, { origin: "example.com/log" })).toThrow(problem("key_unknown"));
  });

  test("one without its entry, where that is to be proven", async () => {
    const file = formatTlogProof(await proofIn(3, null));
    expect(() => verifyEntryProof(file, keys)).toThrow(problem("proof_malformed"));
    expect(verifyTlogProof(file, leafHash(entry), keys).index).toBe(2);
    expect(hex(parseTlogProof(file).extra)).toBeUndefined();
  });

  test("text in another form", async () => {
    const file = formatTlogProof(await proofIn(3));
    const [first, extra, index, hash] = file.split("\n") as [string, string, string, string];
    for (const wrong of [
      "",
      file.replace(first, "c2sp.org/tlog-proof@v2"),
      file.replace(extra, "extra"),
      file.replace(extra, `${extra}=`),
      file.replace(extra, `${extra}\n${extra}`),
      file.replace(`${extra}\n${index}`, `${index}\n${extra}`),
      file.replace(index, "index 02"),
      file.replace(index, "index -1"),
      file.replace(index, "index 9007199254740992"),
      file.replace(`${index}\n`, ""),
      file.replace(hash, `${hash} `),
      file.replace(hash, hash.slice(4)),
      file.replace(hash, `${hash}\n`.repeat(64).trimEnd()),
      file.replaceAll("\n", "\r\n"),
      file.slice(0, file.indexOf("\n\n")),
      `${"x".repeat(2_000_000)}\n\n`,
    ]) {
      expect(() => parseTlogProof(wrong), wrong.slice(0, 80)).toThrow(problem("proof_malformed"));
    }
    expect(() => parseTlogProof(file.slice(0, -1))).toThrow(problem("note_malformed"));
  });

  test("what no file can have, as a wrong call", async () => {
    const proof = await proofIn(3);
    const wrongCall = expect.objectContaining({ code: "invalid_argument" });
    const hash = new Uint8Array(32);
    for (const wrong of [
      { index: -1 },
      { hashes: [hash.subarray(1)] },
      { hashes: Array.from({ length: 64 }, () => hash) },
    ]) {
      expect(() => formatTlogProof({ ...proof, ...wrong })).toThrow(wrongCall);
    }
    expect(() => formatTlogProof({ ...proof, checkpoint: "no note" })).toThrow(problem("note_malformed"));
  });
});
