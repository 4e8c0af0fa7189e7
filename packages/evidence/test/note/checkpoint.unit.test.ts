import { describe, expect, test } from "vitest";
import {
  type Checkpoint,
  generateSignerKey,
  isEvidenceError,
  leafHash,
  type NoteVerifier,
  openCheckpoint,
  parseSignerKey,
  parseVerifierKey,
  signCheckpoint,
  signNote,
} from "../../src/index.js";
import { flips } from "../support/bytes.js";

// The example of C2SP tlog-checkpoint. Its key is not published, so the name and the id are all that can be held against it.
const EXAMPLE = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;
const always: NoteVerifier = { name: "example.com/behind-the-sofa", id: 0x033de0ae, verify: () => true };

const signer = parseSignerKey("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz");
const known = parseVerifierKey(signer.verifierKey);
const root = leafHash(Buffer.from("hello world"));
const checkpoint: Checkpoint = { origin: signer.name, size: 123456789012, root };
const problem = (name: string) => expect.objectContaining({ problem: name });
const wrongCall = expect.objectContaining({ code: "invalid_argument" });

test("the example of C2SP is read", () => {
  const { origin, size, root, extensions, note } = openCheckpoint(EXAMPLE, [always]);
  expect({ origin, size, extensions }).toEqual({ origin: always.name, size: 20852163, extensions: [] });
  expect(Buffer.from(root).toString("base64")).toBe("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
  expect(note.verified).toHaveLength(1);
});

test("a checkpoint is three lines and a signature, and opens again", async () => {
  const note = await signCheckpoint(checkpoint, [signer]);
  // The text of Go's package tlog for this tree, apart from its origin.
  expect(
    note.startsWith("PeterNeumann\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n\n— PeterNeumann x08go"),
  ).toBe(true);
  expect(openCheckpoint(note, [known])).toMatchObject({ origin: "PeterNeumann", size: 123456789012 });
  expect(openCheckpoint(Buffer.from(note), [known], { origin: "PeterNeumann" }).size).toBe(123456789012);
});

test("two keys sign while one replaces the other, and who knows one of them opens it", async () => {
  const { signerKey, verifierKey } = generateSignerKey(signer.name);
  const note = await signCheckpoint(checkpoint, [signer, parseSignerKey(signerKey)]);
  for (const keys of [[known], [parseVerifierKey(verifierKey)], [known, parseVerifierKey(verifierKey)]]) {
    expect(openCheckpoint(note, keys).note.verified).toHaveLength(keys.length);
  }
});

test("signatures of witnesses are kept", async () => {
  const witness = { name: "witness.example", id: 7, signature: new Uint8Array(72) };
  const note = await signCheckpoint(checkpoint, [signer], [witness]);
  expect(openCheckpoint(note, [known]).note.unverified).toMatchObject([{ name: "witness.example", id: 7 }]);
});

describe("the log that it is of", () => {
  const otherOrigin = (origin: string) => signNote(`${origin}\n5\n${Buffer.from(root).toString("base64")}\n`, [signer]);

  test("is the name of its key, unless its origin is given", async () => {
    const note = await otherOrigin("example.com/another log");
    expect(() => openCheckpoint(note, [known])).toThrow(problem("key_unknown"));
    expect(openCheckpoint(note, [known], { origin: "example.com/another log" }).size).toBe(5);
    expect(() => openCheckpoint(note, [known], { origin: "example.com/another" })).toThrow(problem("key_unknown"));
    await expect(signCheckpoint({ ...checkpoint, origin: "example.com/another" }, [signer])).rejects.toThrow(wrongCall);
  });
});

describe("what is signed, and no checkpoint", () => {
  const hash = Buffer.from(root).toString("base64");
  test.each([
    ["two lines", "PeterNeumann\n5\n"],
    ["an empty origin", `\n5\n${hash}\n`],
    ["a size with a zero before it", `PeterNeumann\n05\n${hash}\n`],
    ["a size with a sign", `PeterNeumann\n+5\n${hash}\n`],
    ["a hexadecimal size", `PeterNeumann\n0xabcdef\n${hash}\n`],
    ["no size", `PeterNeumann\n\n${hash}\n`],
    ["a size that no double holds", `PeterNeumann\n9007199254740993\n${hash}\n`],
    ["a root of 31 bytes", `PeterNeumann\n5\n${Buffer.from(root.subarray(1)).toString("base64")}\n`],
    ["a root with unused bits set", `PeterNeumann\n5\n${hash.replace("b0=", "b1=")}\n`],
    ["an empty extension line", `PeterNeumann\n5\n${hash}\nmore\n\n`],
    ["an empty line between extension lines", `PeterNeumann\n5\n${hash}\nmore\n\nmore\n`],
  ])("%s", async (_, text) => {
    const note = await signNote(text, [signer]);
    expect(() => openCheckpoint(note, [known])).toThrow(problem("checkpoint_malformed"));
  });

  test("extension lines are read, and never written", async () => {
    const note = await signNote(`PeterNeumann\n0\n${hash}\nmore\nand more\n`, [signer]);
    expect(openCheckpoint(note, [known])).toMatchObject({ size: 0, extensions: ["more", "and more"] });
    const again = await signCheckpoint(openCheckpoint(note, [known]), [signer]);
    expect(openCheckpoint(again, [known]).extensions).toEqual([]);
  });
});

test("what no log can sign is refused as a wrong call", async () => {
  for (const wrong of [
    { size: -1 },
    { size: 1.5 },
    { size: 2 ** 53 },
    { root: root.subarray(1) },
    { origin: "a b" },
    { origin: "" },
  ]) {
    await expect(signCheckpoint({ ...checkpoint, ...wrong }, [signer]), JSON.stringify(wrong)).rejects.toThrow(
      wrongCall,
    );
  }
  await expect(signCheckpoint(checkpoint, [])).rejects.toThrow(wrongCall);
});

test("with any bit of it flipped, a checkpoint is refused", async () => {
  const note = Buffer.from(await signCheckpoint(checkpoint, [signer]));
  for (const { at, changed } of flips(note)) {
    try {
      openCheckpoint(changed, [known]);
    } catch (error) {
      expect(isEvidenceError(error), `byte ${at}: ${error}`).toBe(true);
      continue;
    }
    expect.unreachable(`byte ${at}`);
  }
});
