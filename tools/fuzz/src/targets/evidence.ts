import {
  decodeEntryBundle,
  encodeEntry,
  encodeEntryBundle,
  encodeReceipt,
  formatTlogProof,
  generateSignerKey,
  type LeafEntry,
  leafHash,
  leafListDigest,
  openCheckpoint,
  parseEntry,
  parseReceipt,
  parseSignerKey,
  parseTilePath,
  parseVerifierKey,
  signCheckpoint,
  TreeAppender,
  TreeReader,
  tilePath,
  verifyEntryProof,
} from "@agent-assembly/evidence";
import { StorageError } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { type Changes, changed, changes } from "../support/mutate.js";
import { answered } from "../support/refusal.js";
import { defineTarget } from "../target.js";

const KINDS = ["proof", "checkpoint", "tile", "bundle", "entry", "path", "key", "receipt"] as const;
const LEAVES = 300;
const PROVEN = 258;
const AT = "2026-11-28T09:00:00.000Z";
const HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

interface Input {
  readonly kind: (typeof KINDS)[number];
  readonly which: number;
  readonly changes: Changes;
}

function entriesOf(vkey: string, checkpoint: string): LeafEntry[] {
  const days = { "2026-11-28": 3 };
  const leaves = leafListDigest([[4, 3]]);
  const rows = { archive: "0195-a", at: AT, days, leaves, manifest: HASH };
  return [
    {
      c: [HASH, HASH, HASH, HASH],
      eventId: "0195f0a0-0000-7000-8000-000000000001",
      recordedAt: AT,
      t: "event",
      ts: AT,
      v: 1,
    },
    { count: 4, days, first: 0, n: 0, prev: null, root: HASH, sealedAt: AT, t: "seal", v: 1 },
    { ...rows, intent: 7, policy: HASH, run: "run-1", t: "drop", v: 1 },
    { at: AT, basis: "Art. 17(1)(b)", days, intent: null, leaves, request: "R1", t: "erase", v: 1 },
    { ...rows, t: "restore", v: 1 },
    { at: AT, replaces: null, t: "key", v: 1, vkey },
    { at: AT, checkpoint, reason: "a backup was restored", t: "fork", v: 1 },
    { at: AT, reason: "a transaction was open", since: AT, t: "gap", v: 1 },
  ];
}

/** Evidence with its bytes changed: refused, or the same as before. */
export const evidence = defineTarget<Input>(async () => {
  const { signerKey, verifierKey } = generateSignerKey("example.com/audit");
  const keys = [parseVerifierKey(verifierKey)];
  const entries = Array.from({ length: LEAVES }, (_, index) => Buffer.from(`entry ${index}`));
  const tree = new TreeAppender();
  const tiles = new Map(tree.append(entries.map(leafHash)).map((tile) => [tilePath(tile), tile.hashes]));
  const head = { origin: "example.com/audit", size: LEAVES, root: tree.root() };
  const readerOf = (files: ReadonlyMap<string, Uint8Array>): TreeReader =>
    new TreeReader({ readTile: async (tile) => files.get(tilePath(tile)) }, head);
  const hashes = await readerOf(tiles).inclusionProof(PROVEN);
  const checkpoint = await signCheckpoint(head, [parseSignerKey(signerKey)]);
  const samples: Readonly<Record<Input["kind"], readonly Uint8Array[]>> = {
    proof: [Buffer.from(formatTlogProof({ extra: entries[PROVEN] as Uint8Array, index: PROVEN, hashes, checkpoint }))],
    checkpoint: [Buffer.from(checkpoint)],
    tile: [...tiles.values()],
    bundle: [encodeEntryBundle(entries.slice(256))],
    entry: entriesOf(verifierKey, checkpoint).map(encodeEntry),
    path: [...tiles.keys(), "tile/entries/x001/000.p/17"].map((path) => Buffer.from(path)),
    key: [Buffer.from(verifierKey)],
    receipt: [undefined, Buffer.from("token")].map((token) =>
      Buffer.from(
        encodeReceipt({ anchor: "file", at: new Date(AT), checkpoint, where: "/mnt/other", ...(token && { token }) }),
      ),
    ),
  };

  /** What the changed bytes are taken for, as bytes that the bytes before give, too, or these themselves. */
  async function taken(kind: Input["kind"], which: number, bytes: Uint8Array): Promise<Uint8Array> {
    const text = Buffer.from(bytes).toString();
    switch (kind) {
      case "proof":
        return verifyEntryProof(bytes, keys).entry;
      case "checkpoint":
        return Buffer.from(openCheckpoint(bytes, keys).note.text);
      case "tile": {
        const files = new Map([...tiles].map(([path, hashes], at) => [path, at === which ? bytes : hashes]));
        return Buffer.concat(await readerOf(files).inclusionProof(PROVEN));
      }
      case "bundle":
        return encodeEntryBundle(decodeEntryBundle(bytes));
      case "entry":
        return encodeEntry(parseEntry(bytes));
      case "path":
        return Buffer.from(tilePath(parseTilePath(text)));
      case "receipt": {
        const receipt = parseReceipt(text);
        if (receipt === undefined) throw new StorageError({ code: "corrupt", message: "the text is no receipt" });
        return Buffer.from(encodeReceipt(receipt));
      }
      case "key":
        return Buffer.from(`${parseVerifierKey(text).name}${text.slice("example.com/audit".length)}`);
    }
  }

  return {
    input: fc.record({ kind: fc.constantFrom(...KINDS), which: fc.nat(), changes }),
    async enter({ kind, which, changes: list }) {
      const at = which % samples[kind].length;
      const before = samples[kind][at] as Uint8Array;
      const bytes = changed(before, list);
      await answered(kind, async () => {
        const found = Buffer.from(await taken(kind, at, bytes));
        const isItself = ["bundle", "entry", "path", "receipt"].includes(kind);
        if (found.equals(isItself ? bytes : await taken(kind, at, before))) return;
        throw new Error(`a changed ${kind} was taken for another`);
      });
    },
    close: async () => undefined,
  };
});
