import { z } from "zod";
import { count, json, listOf, reason, text, time } from "./common.js";

const version = z.int().min(1);
const format = z.enum(["yaml", "json"]);

const info = {
  name: z.string(),
  version,
  format,
  digest: z.string().describe("SHA-256 of the source bytes, lower-case hex"),
  size: count.describe("Source bytes"),
  actor: z.string().describe("Who saved it"),
  createdAt: time,
};

/** A stored version without its source. */
export const policyVersionInfo = z.strictObject(info).meta({ id: "PolicyVersionInfo" });

/** A stored version. */
export const policyVersion = z
  .strictObject({ ...info, source: z.string().describe("The text that was saved"), document: json })
  .meta({ id: "PolicyVersion" });

/** A policy by name. */
export const policySummary = z
  .strictObject({ name: z.string(), latest: version, active: version.nullable() })
  .meta({ id: "PolicySummary" });

/** One change of the active version. */
export const policyActivation = z
  .strictObject({
    name: z.string(),
    from: version.nullable(),
    to: version,
    kind: z.enum(["activate", "rollback"]),
    actor: z.string(),
    at: time,
  })
  .meta({ id: "PolicyActivation" });

export const policyList = listOf(policySummary).meta({ id: "PolicyList" });
export const policyVersionList = listOf(policyVersionInfo).meta({ id: "PolicyVersionList" });
export const policyActivationList = listOf(policyActivation).meta({ id: "PolicyActivationList" });

export const policyPath = z.strictObject({ name: text });
export const policyVersionPath = z.strictObject({ name: text, version: z.int().min(1) });

/** POST /policies/{name}/versions */
export const newPolicyVersion = z
  .strictObject({
    source: z.string().describe("The document's text, at most 1 MiB; kept byte for byte"),
    format: format.optional().describe("Default yaml"),
    expectedLatest: count.optional().describe("Refuse unless this is the latest version; 0: the name is new"),
    reason: reason.optional(),
  })
  .meta({ id: "NewPolicyVersion" });

/** POST /policies/{name}/activate */
export const activatePolicy = z.strictObject({ version, reason: reason.optional() }).meta({ id: "ActivatePolicy" });

/** POST /policies/{name}/rollback */
export const rollBackPolicy = z.strictObject({ reason: reason.optional() }).meta({ id: "RollBackPolicy" });

/** GET /policies/{name}/diff */
export const diffQuery = z.strictObject({ from: version, to: version });

/** Two versions side by side. */
export const policyDiff = z
  .strictObject({
    from: policyVersionInfo,
    to: policyVersionInfo,
    same: z.boolean(),
    patch: z.string().describe("Unified diff with three lines around each change; empty where the texts are equal"),
  })
  .meta({ id: "PolicyDiff" });
