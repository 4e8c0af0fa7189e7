import { z } from "zod";
import { count, listOf, time } from "./common.js";

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

/** GET /evidence/tile/{path}: what comes after `tile/` in C2SP tlog-tiles, such as `0/x001/067.p/17`. */
export const tilePath = z.strictObject({ path: z.string().max(64) });
