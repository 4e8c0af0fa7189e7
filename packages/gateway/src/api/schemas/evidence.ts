import { EVIDENCE_FINDINGS, STORE_VERDICTS } from "@agent-assembly/evidence";
import { z } from "zod";
import { count, instant, listOf, time } from "./common.js";

/** GET /evidence/status */
export const evidenceStatus = z
  .strictObject({
    sealed: z.boolean().describe("False where the events of this store are not sealed; then all else is absent"),
    origin: z.string().optional(),
    size: count.optional().describe("Leaves"),
    lagMs: count.optional().describe("How long the oldest event waits that is not sealed; 0 where none waits"),
    waiting: z
      .strictObject({ events: count, more: z.boolean() })
      .optional()
      .describe("Events that are not sealed yet; `more`: at least as many"),
    checkpoint: z.strictObject({ size: count, at: time }).nullable().optional().describe("The newest one"),
    logs: z.array(z.strictObject({ log: count, origin: z.string(), size: count })).optional(),
    keys: z
      .array(z.strictObject({ vkey: z.string(), at: time.optional(), from: count, to: count.nullable() }))
      .optional()
      .describe("Verifier keys as the log names them, and from which to which size each signs"),
    anchors: z
      .array(z.strictObject({ kind: z.string(), where: z.string(), size: count, at: time }))
      .optional()
      .describe("The newest receipt of each anchor"),
  })
  .meta({ id: "EvidenceStatus", description: "Where the log stands. Nothing of it is verified here." });

/** One erasure. */
const erasure = z
  .strictObject({
    erasureId: z.string(),
    request: z.string(),
    basis: z.string(),
    actor: z.string().optional(),
    parts: z.array(z.string()),
    filterDigest: z.string(),
    state: z.enum(["begun", "done", "failed"]),
    events: count,
    from: time.optional(),
    to: time.optional(),
    startedAt: time,
    finishedAt: time.optional(),
    detail: z.string(),
  })
  .meta({ id: "Erasure" });

/** GET /evidence/erasures */
export const erasureList = listOf(erasure).meta({ id: "ErasureList" });

const log = z.int().min(1);
/** What comes after `tile/` in C2SP tlog-tiles, such as `0/x001/067.p/17`. */
const path = z.string().max(64);

/** GET /evidence/tile/{path} */
export const tilePath = z.strictObject({ path });

/** GET /evidence/logs/{log}/checkpoint */
export const logPath = z.strictObject({ log });

/** GET /evidence/logs/{log}/tile/{path} */
export const logTilePath = z.strictObject({ log, path });

const inLog = { origin: z.string().describe("Name of the log"), log: log.describe("Which log of the store") };
const atLeaf = { ...inLog, leaf: count.describe("Of the event in the tree") };
const underCheckpoint = { ...atLeaf, size: count.describe("Leaves of the checkpoint"), signedAt: time };

/** GET /events/{ts}/{eventId}/evidence */
export const eventEvidence = z
  .discriminatedUnion("state", [
    z.strictObject({ state: z.literal("not_sealed") }).describe("The store has no log"),
    z.strictObject({ state: z.literal("waiting"), ...inLog }).describe("The event is not sealed yet"),
    z.strictObject({ state: z.literal("unsigned"), ...atLeaf }).describe("No signed checkpoint covers its leaf yet"),
    z
      .strictObject({
        state: z.literal("proven"),
        ...underCheckpoint,
        proof: z.string().describe("The file that `aasm evidence prove` writes (C2SP tlog-proof)"),
        erasedParts: count.describe("Parts of the event that were erased: of them the proof has the commitment"),
      })
      .describe("A signed checkpoint covers it"),
    z
      .strictObject({ state: z.literal("unproven"), ...underCheckpoint })
      .describe("A signed checkpoint covers it; the gateway's login may not read the salts that a proof needs"),
    z
      .strictObject({
        state: z.literal("not_as_sealed"),
        ...inLog,
        leaf: count.optional().describe("Absent where no leaf stands for the event"),
        detail: z.string(),
      })
      .describe("The row, its salts or a tile is not what was sealed"),
  ])
  .meta({ id: "EventEvidence", description: "What the log has of one event. All else in it is not verified here." });

/** POST /evidence/verifications */
export const newVerification = z.strictObject({
  from: instant.optional().describe("Events from this time on; default: from the first"),
  to: instant.optional().describe("Events before this time; default: to the last"),
  keys: z
    .array(z.string().max(512))
    .min(1)
    .max(20)
    .optional()
    .describe("Verifier keys of the log; default: those that it names itself, which says less"),
});

const finding = z
  .strictObject({
    code: z.enum(EVIDENCE_FINDINGS),
    leaf: count.optional(),
    seq: z.int().optional().describe("Number of the row"),
    eventId: z.string().optional(),
    detail: z.string(),
  })
  .meta({ id: "EvidenceFinding" });

/** A verification. */
export const verification = z
  .strictObject({
    id: z.uuid(),
    actor: z.string().describe("Who began it, as they say"),
    state: z.enum(["running", "ended", "cancelled"]),
    from: time.optional(),
    to: time.optional(),
    startedAt: time,
    endedAt: time.optional(),
    log: count.describe("Which log of the store, from 1"),
    origin: z.string().describe("Name of the log"),
    progress: z.strictObject({ leaves: count, of: count }).describe("Leaves of the log that are done with"),
    verdict: z
      .enum(STORE_VERDICTS)
      .nullable()
      .describe("`unchecked`: it, or a part of it, could not be checked, which is no pass. Null while it runs"),
    counts: z
      .strictObject({
        leaves: count.describe("Of the log"),
        passed: count.describe("Leaves that were not looked at, since they concern no day of the range"),
        events: count.describe("Events that were sealed, of the leaves that were looked at"),
        dropped: count.describe("Events whose rows retention dropped, as the log says"),
        erased: count.describe("Events parts of which were erased"),
        uncompared: count.describe("Events that could not be compared"),
      })
      .optional()
      .describe("Absent until it has ended"),
    findingCount: count,
    findings: z.array(finding).describe("The first 500"),
    unchecked: z.array(z.string()).describe("What could not be checked, in words"),
    keysFromLog: z.boolean().describe("Whether signatures were checked with the keys that the log names itself"),
    notAsked: z
      .array(z.string())
      .describe(
        "Anchors that were not asked, but for the receipts that the store has of them: see aasm evidence verify",
      ),
  })
  .meta({ id: "Verification" });

/** GET /evidence/verifications */
export const verificationList = listOf(verification).meta({ id: "VerificationList" });

/** GET and DELETE /evidence/verifications/{id} */
export const verificationPath = z.strictObject({ id: z.uuid() });
