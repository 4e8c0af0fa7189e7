import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  generateSignerKey,
  isEvidenceError,
  type NoteSignature,
  openNote,
  parseSignerKey,
  parseVerifierKey,
  signNote,
} from "../../src/index.js";
import { flips } from "../support/bytes.js";

// The keys and notes of the tests of Go's package golang.org/x/mod/sumdb/note.
const PETER_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE =
  "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

// The examples of C2SP signed-note.
const EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE =
  "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const POEM =
  "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

const peter = parseVerifierKey(PETER);
const enoch = parseVerifierKey(ENOCH);
const names = (signatures: readonly NoteSignature[]): string[] => signatures.map(({ name }) => name);
const wrongCall = expect.objectContaining({ code: "invalid_argument" });
const problem = (name: string) => expect.objectContaining({ problem: name });

describe("keys", () => {
  test("are read: name and id", () => {
    expect([peter.name, peter.id]).toEqual(["PeterNeumann", 0xc74f20a3]);
    const signer = parseSignerKey(PETER_KEY);
    expect([signer.name, signer.id, signer.verifierKey]).toEqual(["PeterNeumann", 0xc74f20a3, PETER]);
  });

  test.each([
    ["vkey", PETER, parseVerifierKey],
    ["private key", PETER_KEY, parseSignerKey],
  ] as const)("every part of a %s, and each with one character changed, is refused", (_, whole, parse) => {
    for (let from = 0; from < whole.length; from++) {
      for (let to = from + 1; to <= whole.length; to++) {
        if (to - from < whole.length) expect(() => parse(whole.slice(from, to))).toThrow(wrongCall);
      }
    }
    for (const { at, changed } of flips(Buffer.from(whole))) {
      expect(() => parse(Buffer.from(changed).toString()), `${at}`).toThrow(wrongCall);
    }
  });

  test("of a wrong length or of another type are refused, with an id that is theirs", () => {
    for (const vkey of [
      "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
      "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      PETER.replace("c74f20a3", "C74F20A3"),
      `${PETER}\n`,
    ]) {
      expect(() => parseVerifierKey(vkey), vkey).toThrow(wrongCall);
    }
  });

  test("errors name no character of a private key", () => {
    const secret = PETER_KEY.slice(-44, -1);
    for (const text of [PETER_KEY.slice(0, -1), PETER_KEY.replace("c74f20a3", "c74f20a4"), PETER_KEY.slice(8)]) {
      expect(() => parseSignerKey(text)).toThrow(wrongCall);
      try {
        parseSignerKey(text);
      } catch (error) {
        expect(`${(error as Error).message}${JSON.stringify(error)}`).not.toContain(secret.slice(0, 8));
      }
    }
    expect(JSON.stringify(parseSignerKey(PETER_KEY))).not.toContain(secret.slice(0, 8));
  });

  test("that are made sign what they verify", async () => {
    const { signerKey, verifierKey } = generateSignerKey("example.com/log");
    expect(signerKey).toMatch(/^PRIVATE\+KEY\+example\.com\/log\+[0-9a-f]{8}\+/);
    const note = await signNote("hi\n", [parseSignerKey(signerKey)]);
    expect(openNote(note, [parseVerifierKey(verifierKey)]).text).toBe("hi\n");
    expect(generateSignerKey("example.com/log").signerKey).not.toBe(signerKey);
  });

  test.each(["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a\u0085b", "a\u0000b", "a\u007fb", "\ud800"])(
    "have no name %j",
    (name) => {
      expect(() => generateSignerKey(name)).toThrow(wrongCall);
    },
  );
});

describe("signing", () => {
  test("gives the note that Go gives", async () => {
    expect(await signNote(TEXT, [parseSignerKey(PETER_KEY)])).toBe(`${TEXT}\n${PETER_LINE}`);
  });

  test("keeps the signatures of others, and replaces its own", async () => {
    const { verified, unverified } = openNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`, [enoch]);
    const others = [...verified, ...unverified];
    expect(await signNote(TEXT, [parseSignerKey(PETER_KEY)], others)).toBe(`${TEXT}\n${ENOCH_LINE}${PETER_LINE}`);
    expect(await signNote(TEXT, [], verified)).toBe(`${TEXT}\n${ENOCH_LINE}`);
  });

  test("waits for a key that is elsewhere", async () => {
    const { name, id, sign } = parseSignerKey(PETER_KEY);
    const remote = { name, id, sign: async (text: Uint8Array) => sign(text) };
    expect(await signNote(TEXT, [remote])).toBe(`${TEXT}\n${PETER_LINE}`);
    const failing = { name, id, sign: () => Promise.reject(new Error("no connection")) };
    await expect(signNote(TEXT, [failing])).rejects.toThrow("no connection");
  });

  test("refuses what no note can have", async () => {
    const signer = parseSignerKey(PETER_KEY);
    for (const text of ["abc", "", "a\tb\n", "a\u0000\n", "\ud800\n", "a\r\n"]) {
      await expect(signNote(text, [signer]), JSON.stringify(text)).rejects.toThrow(wrongCall);
    }
    await expect(signNote(TEXT, [])).rejects.toThrow(wrongCall);
    await expect(signNote(TEXT, [signer, signer])).rejects.toThrow(wrongCall);
    await expect(signNote(TEXT, [{ ...signer, name: "bad name" }])).rejects.toThrow(wrongCall);
    const signature = new Uint8Array(64);
    await expect(signNote(TEXT, [signer], [{ name: "a+b", id: 1, signature }])).rejects.toThrow(wrongCall);
  });

  test("any text is opened as it was signed", async () => {
    const signer = parseSignerKey(PETER_KEY);
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/\p{Cc}/gu, ""));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
        const text = `${lines.join("\n")}\n`;
        const note = await signNote(text, [signer]);
        expect(openNote(note, [peter]).text).toBe(text);
        expect(openNote(Buffer.from(note), [peter]).text).toBe(text);
      }),
    );
  });
});

describe("opening", () => {
  test("the example of C2SP", () => {
    const { text, verified } = openNote(EXAMPLE, [parseVerifierKey(EXAMPLE_KEY)]);
    expect(text).toBe("This is an example message.\n");
    expect(names(verified)).toEqual(["example.com/foo"]);
  });

  test("a text with an empty line ends at the last one", () => {
    expect(() => openNote(POEM, [peter])).toThrow(problem("key_unknown"));
    const always = { name: "quasimodo.example/salvatore", id: 0x367ba04b, verify: () => true };
    expect(openNote(POEM, [always]).text).toBe(
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n",
    );
  });

  test("signatures of unknown keys are ignored, those of known keys are all verified", () => {
    const note = `${TEXT}\n${PETER_LINE}${ENOCH_LINE}`;
    const one = openNote(note, [peter]);
    expect([one.text, names(one.verified), names(one.unverified)]).toEqual([TEXT, ["PeterNeumann"], ["EnochRoot"]]);
    expect(names(openNote(note, [peter, enoch]).verified)).toEqual(["PeterNeumann", "EnochRoot"]);
    expect(() => openNote(note, [])).toThrow(problem("key_unknown"));
    // Unknown: the name of a known key with another id, and its id with another name.
    const otherId = PETER_LINE.replace("x08go", "x08gp");
    const otherName = PETER_LINE.replace("PeterNeumann", "CarmenSandiego");
    expect(names(openNote(`${note}${otherId}${otherName}`, [peter]).unverified)).toEqual([
      "EnochRoot",
      "PeterNeumann",
      "CarmenSandiego",
    ]);
    for (const line of [otherId, otherName]) {
      expect(() => openNote(`${TEXT}\n${line}`, [peter])).toThrow(problem("key_unknown"));
    }
  });

  test("a line that is there twice counts once, and a second one that was forged is refused", () => {
    const forged = PETER_LINE.replace("ZJkuBS", "ZJkuBT");
    const twice = openNote(`${TEXT}\n${PETER_LINE}${PETER_LINE}${ENOCH_LINE}${ENOCH_LINE}`, [peter]);
    expect([names(twice.verified), names(twice.unverified)]).toEqual([["PeterNeumann"], ["EnochRoot"]]);
    for (const lines of [forged, `${PETER_LINE}${forged}`, `${forged}${PETER_LINE}`, `${ENOCH_LINE}${forged}`]) {
      expect(() => openNote(`${TEXT}\n${lines}`, [peter, enoch])).toThrow(problem("signature_invalid"));
    }
    const longer = `${PETER_LINE.slice(0, 60)}ABCD${PETER_LINE.slice(60)}`;
    expect(() => openNote(`${TEXT}\n${longer}`, [peter])).toThrow(problem("signature_invalid"));
  });

  test("two keys of one name and id cannot be told apart", () => {
    const impostor = { ...enoch, verify: () => true };
    expect(() => openNote(`${TEXT}\n${ENOCH_LINE}`, [enoch, peter, impostor])).toThrow(wrongCall);
    expect(openNote(`${TEXT}\n${PETER_LINE}`, [enoch, peter, impostor]).text).toBe(TEXT);
  });

  test.each([
    ["a text alone", TEXT],
    ["no signature", `${TEXT}\n`],
    ["no newline at the end", `${TEXT}\n${PETER_LINE.slice(0, -1)}`],
    ["a control character", `\u0001${TEXT}\n${PETER_LINE}`],
    ["a carriage return", `${TEXT.replace("\n", "\r\n")}\n${PETER_LINE}`],
    ["a line that is no signature", `${TEXT}\n${PETER_LINE}Unexpected line.\n`],
    ["a name with a space", `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "Bad Name")}`],
    ["a name with a plus", `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "Bad+Name")}`],
    ["a name with a space of Unicode", `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "Bad\u2003Name")}`],
    ["a name with U+0085, which is a space", `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "Bad\u0085Name")}`],
    ["a line with more after its signature", `${TEXT}\n${PETER_LINE.replace("\n", " more\n")}`],
    ["no name", `${TEXT}\n${PETER_LINE.replace("PeterNeumann", "")}`],
    ["a hyphen in the place of the dash", `${TEXT}\n${PETER_LINE.replace("—", "-")}`],
    ["Base64 without its padding", `${TEXT}\n${PETER_LINE.replace("AM=", "AM")}`],
    ["Base64 with unused bits set", `${TEXT}\n${PETER_LINE.replace("AM=", "AN=")}`],
    ["Base64 in the alphabet of URLs", `${TEXT}\n${ENOCH_LINE.replace("+", "-")}`],
    ["a key id without a signature", `${TEXT}\n— PeterNeumann x08gow==\n`],
    ["101 signatures", `${TEXT}\n${PETER_LINE.repeat(101)}`],
    ["a million characters", `${"x".repeat(1_000_000)}\n\n${PETER_LINE}`],
    ["a lone surrogate", `\ud800${TEXT}\n${PETER_LINE}`],
    ["a byte order mark, which is a part of the text", `\ufeff${TEXT}\n${PETER_LINE}`],
  ])("%s is refused", (_, note) => {
    const refused = (input: string | Uint8Array) => {
      try {
        openNote(input, [peter]);
      } catch (error) {
        return isEvidenceError(error) && error.code === "corrupt" ? error.problem : error;
      }
      return "opened";
    };
    const wanted = note.startsWith("\ufeff") ? "signature_invalid" : "note_malformed";
    expect(refused(note)).toBe(wanted);
    if (note.isWellFormed()) expect(refused(Buffer.from(note))).toBe(wanted);
  });

  test("bytes that are not UTF-8 are refused", () => {
    const note = Buffer.concat([Buffer.from([0xff]), Buffer.from(`${TEXT}\n${PETER_LINE}`)]);
    expect(() => openNote(note, [peter])).toThrow(problem("note_malformed"));
  });

  test("100 signatures are read", () => {
    expect(openNote(`${TEXT}\n${PETER_LINE.repeat(100)}`, [peter]).verified).toHaveLength(1);
  });

  test("with any bit of it flipped, a note is refused", () => {
    for (const note of [`${TEXT}\n${PETER_LINE}`, `${TEXT}\n${PETER_LINE}${ENOCH_LINE}`]) {
      for (const { at, changed } of flips(Buffer.from(note))) {
        let opened = false;
        try {
          const { verified, unverified } = openNote(changed, [peter, enoch]);
          // A name or id that is not known any more is ignored: then its signature does not count.
          opened = unverified.length === 0 && verified.length > 0;
        } catch (error) {
          expect(isEvidenceError(error), `byte ${at}: ${error}`).toBe(true);
        }
        expect(opened, `byte ${at}`).toBe(false);
      }
    }
  });

  test("what a message repeats of a note has no control characters and an end", () => {
    const hostile = `${TEXT}\n— a\u009b31mb${"c".repeat(5000)} x08go/ZJkuBS\n`;
    try {
      openNote(hostile, [peter]);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).not.toMatch(/\p{Cc}/u);
      expect((error as Error).message.length).toBeLessThan(500);
    }
  });
});
