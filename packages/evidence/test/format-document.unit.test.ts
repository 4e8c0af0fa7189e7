import { readFileSync } from "node:fs";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import {
  encodeEntry,
  encodeEntryBundle,
  erasedListDigest,
  eventEntry,
  eventParts,
  type LeafParts,
  type LeafRun,
  leafHash,
  leafListDigest,
  leafSeed,
  openNote,
  parseEntry,
  parseSignerKey,
  parseTilePath,
  parseVerifierKey,
  partSalt,
  puncture,
  signNote,
  TreeAppender,
  TreeReader,
  tilePath,
  verifyConsistency,
  verifyEntryProof,
  verifyInclusion,
} from "../src/index.js";
import { nodeHash } from "../src/tree/hash.js";
import { hex, MemoryTiles } from "./support/trees.js";

interface Vectors {
  readonly tree: {
    readonly leafHashOf0: string;
    readonly nodeHashOf0And1: string;
    readonly rootBySize: Readonly<Record<string, string>>;
    readonly inclusion: { readonly index: number; readonly size: number; readonly proof: readonly string[] };
    readonly consistency: { readonly earlier: number; readonly later: number; readonly proof: readonly string[] };
    readonly bundle: { readonly entries: readonly string[]; readonly hex: string };
    readonly paths: readonly (readonly [string, number | "entries", number, number])[];
  };
  readonly note: {
    readonly signerKey: string;
    readonly verifierKey: string;
    readonly text: string;
    readonly note: string;
  };
  readonly salts: {
    readonly root: string;
    readonly leaf: number;
    readonly seed: string;
    readonly saltOfPart: Readonly<Record<string, string>>;
    readonly punctured: readonly { readonly depth: number; readonly path: number; readonly node: string }[];
  };
  readonly event: {
    readonly event: Omit<AuditEvent, "ts" | "recordedAt"> & { readonly ts: string; readonly recordedAt: string };
    readonly parts: readonly (readonly [string, unknown])[];
    readonly entry: string;
    readonly leafHash: string;
  };
  readonly lists: {
    readonly runs: readonly LeafRun[];
    readonly runsDigest: string;
    readonly erased: readonly LeafParts[];
    readonly erasedDigest: string;
  };
  readonly statements: readonly { readonly entry: string; readonly leafHash: string }[];
  readonly proof: string;
}

const document = readFileSync(new URL("../../../docs/evidence-format.md", import.meta.url), "utf8");
const [, block = ""] = /^```json\n([\s\S]*?)^```$/m.exec(document) ?? [];
const vectors = JSON.parse(block) as Vectors;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const bytes = (text: string): Buffer => Buffer.from(text, "base64");

describe("the test vectors of docs/evidence-format.md", () => {
  test("tree", async () => {
    const { leafHashOf0, nodeHashOf0And1, rootBySize, inclusion, consistency, bundle, paths } = vectors.tree;
    const leaves = Array.from({ length: 300 }, (_, index) => leafHash(Buffer.from(String(index))));
    expect(base64(leaves[0] as Uint8Array)).toBe(leafHashOf0);
    expect(base64(nodeHash(leaves[0] as Uint8Array, leaves[1] as Uint8Array))).toBe(nodeHashOf0And1);
    const tiles = new MemoryTiles();
    const appender = new TreeAppender();
    tiles.add(appender.append(leaves));
    const reader = new TreeReader(tiles, { size: 300, root: appender.root() });
    expect(Object.keys(rootBySize)).toHaveLength(8);
    for (const [size, root] of Object.entries(rootBySize))
      expect(base64(await reader.rootAt(Number(size))), size).toBe(root);
    const rootAt = (size: number) => ({ size, root: bytes(rootBySize[size] as string) });
    const { index, size, proof } = inclusion;
    expect((await reader.inclusionProof(index, size)).map(base64)).toEqual(proof);
    verifyInclusion(proof.map(bytes), leaves[index] as Uint8Array, index, rootAt(size));
    const { earlier, later } = consistency;
    expect((await reader.consistencyProof(earlier, later)).map(base64)).toEqual(consistency.proof);
    verifyConsistency(consistency.proof.map(bytes), rootAt(earlier), rootAt(later));
    expect(hex(encodeEntryBundle(bundle.entries.map((entry) => Buffer.from(entry))))).toBe(bundle.hex);
    for (const [path, level, at, width] of paths) {
      expect(tilePath({ level, index: at, width })).toBe(path);
      expect(parseTilePath(path)).toEqual({ level, index: at, width });
    }
  });

  test("note", async () => {
    const { signerKey, verifierKey, text, note } = vectors.note;
    expect(parseSignerKey(signerKey).verifierKey).toBe(verifierKey);
    expect(await signNote(text, [parseSignerKey(signerKey)])).toBe(note);
    expect(openNote(note, [parseVerifierKey(verifierKey)]).text).toBe(text);
  });

  test("salts", () => {
    const { root, leaf, seed, saltOfPart, punctured } = vectors.salts;
    const bundle = [{ depth: 0, path: 0, node: Buffer.from(root, "hex") }];
    expect(hex(leafSeed(bundle, leaf))).toBe(seed);
    expect(Object.keys(saltOfPart)).toHaveLength(3);
    for (const [part, salt] of Object.entries(saltOfPart)) {
      expect(hex(partSalt(Buffer.from(seed, "hex"), Number(part)))).toBe(salt);
    }
    expect(puncture(bundle, leaf).map(({ node, ...place }) => ({ ...place, node: hex(node) }))).toEqual(punctured);
  });

  test("event, with the salts of the leaf above", () => {
    const { event, parts, entry, leafHash: hash } = vectors.event;
    const given = { ...event, ts: new Date(event.ts), recordedAt: new Date(event.recordedAt) };
    const seed = Buffer.from(vectors.salts.seed, "hex");
    expect(eventParts(given).map(({ name, value }) => [name, value])).toEqual(parts);
    const encoded = encodeEntry(eventEntry(given, (part) => partSalt(seed, part)));
    expect(Buffer.from(encoded).toString()).toBe(entry);
    expect(base64(leafHash(encoded))).toBe(hash);
  });

  test("lists and statements", () => {
    const { runs, runsDigest, erased, erasedDigest } = vectors.lists;
    expect(leafListDigest(runs).digest).toBe(runsDigest);
    expect(erasedListDigest(erased).digest).toBe(erasedDigest);
    const kinds = vectors.statements.map(({ entry, leafHash: hash }) => {
      const parsed = parseEntry(Buffer.from(entry));
      expect(Buffer.from(encodeEntry(parsed)).toString()).toBe(entry);
      expect(base64(leafHash(Buffer.from(entry)))).toBe(hash);
      return parsed.t;
    });
    expect(kinds).toEqual(["seal", "drop", "erase", "restore", "key", "fork", "gap"]);
  });

  test("proof", () => {
    const { entry, index, checkpoint } = verifyEntryProof(vectors.proof, [parseVerifierKey(vectors.note.verifierKey)]);
    expect(Buffer.from(entry).toString()).toBe(vectors.event.entry);
    expect([index, checkpoint.size]).toEqual([0, 2]);
  });
});
