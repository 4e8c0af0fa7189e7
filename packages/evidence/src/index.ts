export { ERASED_AGENT_ID, type EventPart, eventParts } from "@agent-assembly/storage-core/backend";
export type { Anchor, AnchoredHead, ConsistencyProver } from "./anchors/anchor.js";
export { type AnchorCheck, type CheckAnchorsOptions, checkAnchors } from "./anchors/check-anchors.js";
export { parseWitnessKey } from "./anchors/cosignature.js";
export { type FileAnchorOptions, fileAnchor } from "./anchors/file-anchor.js";
export type { AnchorFetch, HttpOptions } from "./anchors/http.js";
export type { AnchorReceipt } from "./anchors/receipt.js";
export { encodeReceipt, parseReceipt } from "./anchors/receipt.js";
export { rfc3161Anchor } from "./anchors/rfc3161-anchor.js";
export { type S3LockOptions, s3LockAnchor } from "./anchors/s3-lock-anchor.js";
export { type WitnessOptions, witnessAnchor } from "./anchors/witness-anchor.js";
export { continuesText, findingText, reportText } from "./cli/report-text.js";
export type { ArchivedErasure, ArchivedErasureRequest, ErasingArchivedEvent } from "./erasing/archive-erasure.js";
export { type ErasureEvidenceOptions, erasureEvidence, type StoreErasureEvidence } from "./erasing/erasure-evidence.js";
export { EVIDENCE_PROBLEMS, EvidenceError, type EvidenceProblem, isEvidenceError } from "./errors.js";
export type { EvidenceSource, SourceEvent, SourceStatement } from "./export/source.js";
export { type ExportOptions, type WrittenExport, writeExport } from "./export/write-export.js";
export { EVIDENCE_FINDINGS, type Finding, type FindingCode } from "./findings.js";
export type { BundleSalts, PartSalts } from "./folder/seeds-line.js";
export { commitPart } from "./leaf/commit-part.js";
export type { ContinuedLog } from "./leaf/continued-log.js";
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
  type EventDifference,
  eventEntry,
} from "./leaf/event-entry.js";
export { erasedListDigest, type LeafParts, type LeafRun, leafListDigest } from "./leaf/leaf-list.js";
export { encodeEntry, parseEntry } from "./leaf/parse-entry.js";
export type { EvidenceArchive } from "./live/archives.js";
export type { KeptCheckpoint } from "./live/checkpoint-check.js";
export type { VerifiedPart } from "./live/trusted-part.js";
export { STORE_VERDICTS, type StoreVerdict, storeVerdict } from "./live/verdict.js";
export {
  RECORDED_FINDINGS,
  recordVerification,
  VERIFICATION_ALIVE_MS,
  type VerificationRecord,
  verificationRecords,
} from "./live/verification-record.js";
export { type StoreVerification, type VerifyStoreOptions, verifyStore } from "./live/verify-store.js";
export { type LogKey, logKeys } from "./log/log-keys.js";
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
export { type AnnouncedDrop, announceDrop, type DropPlan } from "./retention/announce-drop.js";
export { type DropAnnouncerOptions, dropAnnouncer, type StoreDropAnnouncer } from "./retention/drop-announcer.js";
export { type EventsToRestore, restoreAnnouncer, type StoreRestoreAnnouncer } from "./retention/restore-announcer.js";
export { leafSeed, leafSeeds, newBundleSeeds, partSalt, puncture, type SeedNode } from "./salts/seeds.js";
export { type AppendSealedOptions, appendSealed, type SealedAppend } from "./sealing/append-sealed.js";
export type { RowEvidence, RowsOfArchive } from "./sealing/archive-rows.js";
export { type ForkLogOptions, forkLog, type LogFork, nextLogName } from "./sealing/fork-log.js";
export type { KnownCheckpoint } from "./sealing/known.js";
export { isSealingRefusal, SealingRefusal } from "./sealing/refusal.js";
export { type KeyRotation, type RotateKeyOptions, rotateKey } from "./sealing/rotate-key.js";
export { createSealer, type Sealer, type SealerOptions, type SealReport } from "./sealing/sealer.js";
export type { SignedCheckpoint, SignOptions } from "./sealing/sign.js";
export { type EventEvidence, eventEvidence } from "./store/event-evidence.js";
export { type ExportStoreOptions, exportStore } from "./store/export-store.js";
export { type EventProof, type ProveEventOptions, proveEvent } from "./store/prove-event.js";
export { proveStatement, type StatementProof } from "./store/prove-statement.js";
export { newestCheckpoint, type StoreSourceOptions, storeSource } from "./store/store-source.js";
export { readStoredBundle, type StoredBundle } from "./store/stored-bundle.js";
export { type TileContent, TreeAppender } from "./tree/appender.js";
export { decodeEntryBundle, encodeEntryBundle } from "./tree/entry-bundle.js";
export { leafHash } from "./tree/hash.js";
export { TreeReader } from "./tree/reader.js";
export { parseTilePath, type Tile, tileAt, tilePath, tilesOfTree } from "./tree/tile.js";
export type { TileSource } from "./tree/tile-source.js";
export { type TreeHead, verifyConsistency, verifyInclusion } from "./tree/verify.js";
export type { ConfirmedReceipt } from "./verify/receipts.js";
export { type ExportReport, type VerifyExportOptions, verifyExport } from "./verify/verify-export.js";
