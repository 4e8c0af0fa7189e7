export { EVIDENCE_PROBLEMS, EvidenceError, type EvidenceProblem, isEvidenceError } from "./errors.js";
export { EVIDENCE_FINDINGS, type Finding, type FindingCode } from "./findings.js";
export type {
  DayCounts,
  DropStatement,
  EraseStatement,
  EventEntry,
  ForkStatement,
  GapStatement,
  KeyStatement,
  LeafEntry,
  LeafListDigest,
  RestoreStatement,
  SealStatement,
  Statement,
} from "./leaf/entry.js";
export {
  type CompareOptions,
  compareEvent,
  ERASED_AGENT_ID,
  type EventDifference,
  eventEntry,
} from "./leaf/event-entry.js";
export { erasedListDigest, type LeafParts, type LeafRun, leafListDigest } from "./leaf/leaf-list.js";
export { encodeEntry, parseEntry } from "./leaf/parse-entry.js";
export { commitPart, type EventPart, eventParts } from "./leaf/parts.js";
export type { KeptCheckpoint } from "./live/checkpoint-check.js";
export { type StoreVerification, type VerifyStoreOptions, verifyStore } from "./live/verify-store.js";
export {
  type Checkpoint,
  type OpenCheckpointOptions,
  type OpenedCheckpoint,
  openCheckpoint,
  signCheckpoint,
} from "./note/checkpoint.js";
export {
  generateSignerKey,
  type KeyPairSigner,
  type NoteSigner,
  type NoteVerifier,
  parseSignerKey,
  parseVerifierKey,
} from "./note/key.js";
export { type Note, type NoteSignature, openNote, signNote } from "./note/note.js";
export {
  formatTlogProof,
  parseTlogProof,
  type TlogProof,
  verifyEntryProof,
  verifyTlogProof,
} from "./proof/tlog-proof.js";
export { leafSeed, leafSeeds, newBundleSeeds, partSalt, puncture, type SeedNode } from "./salts/seeds.js";
export { type AnnouncedDrop, announceDrop, type DropPlan } from "./sealing/announce-drop.js";
export type { KnownCheckpoint } from "./sealing/known.js";
export { isSealingRefusal, SealingRefusal } from "./sealing/refusal.js";
export { createSealer, type Sealer, type SealerOptions, type SealReport } from "./sealing/sealer.js";
export { type TileContent, TreeAppender } from "./tree/appender.js";
export { decodeEntryBundle, encodeEntryBundle } from "./tree/entry-bundle.js";
export { leafHash } from "./tree/hash.js";
export { TreeReader } from "./tree/reader.js";
export { parseTilePath, type Tile, tilePath, tilesOfTree } from "./tree/tile.js";
export type { TileSource } from "./tree/tile-source.js";
export { type TreeHead, verifyConsistency, verifyInclusion } from "./tree/verify.js";
