import { z } from "zod";
import { anyOf, count, instant, jsonObject, pageOf, pageQuery, reason, text, time } from "./common.js";

/** A registered agent. */
export const agent = z
  .strictObject({
    agentId: z.string(),
    name: z.string().optional(),
    teamId: z.string().optional(),
    orgId: z.string().optional(),
    enforcementMode: z.string().describe("The mode in force now: enforce, shadow, observe, disabled or another one"),
    baseEnforcementMode: z.string(),
    enforcementWindow: z
      .strictObject({ mode: z.string(), expiresAt: time })
      .optional()
      .describe("The temporary mode in force"),
    identity: z
      .strictObject({ credential: z.string(), generation: count, rotatedAt: time })
      .optional()
      .describe("Public; never a secret"),
    status: z.enum(["registered", "online", "offline"]),
    lastSeenAt: time.optional(),
    metadata: jsonObject,
    revision: z.int().min(1).describe("One more with every change; the `ETag`, and what `If-Match` takes"),
    registeredAt: time,
    updatedAt: time,
  })
  .meta({ id: "Agent" });

export const agentPage = pageOf(agent).meta({ id: "AgentPage" });

/** GET /agents */
export const listAgentsQuery = z.strictObject({
  teamId: anyOf.optional(),
  orgId: anyOf.optional(),
  status: z
    .array(z.enum(["registered", "online", "offline"]))
    .optional()
    .describe("registered, online or offline; repeat it for several"),
  enforcementMode: anyOf.optional().describe("The mode in force"),
  ...pageQuery,
});

export const agentPath = z.strictObject({ agentId: text });

/** POST /agents */
export const newAgent = z
  .strictObject({
    agentId: text,
    name: text.optional(),
    teamId: text.optional().describe("Default: the team of the token"),
    orgId: text.optional(),
    enforcementMode: text.optional().describe("Default enforce"),
    credential: text.optional().describe("Public key, certificate or fingerprint; never a secret"),
    metadata: jsonObject.optional(),
    reason: reason.optional(),
  })
  .meta({ id: "NewAgent" });

/** PATCH /agents/{agentId} */
export const agentChanges = z
  .strictObject({
    name: text.nullable().optional(),
    teamId: text.nullable().optional(),
    orgId: text.nullable().optional(),
    metadata: jsonObject.optional().describe("Replaced whole"),
    reason: reason.optional(),
  })
  .meta({ id: "AgentChanges", description: "Members that are present are set; null clears one." });

/** PUT /agents/{agentId}/enforcement-mode */
export const enforcementMode = z
  .strictObject({
    mode: text,
    expiresAt: instant
      .optional()
      .describe("Makes the mode a temporary one, until then; without it the base mode is set and a window ends"),
    reason: reason.optional(),
  })
  .meta({ id: "EnforcementModeChange" });

/** PUT /agents/{agentId}/credential */
export const credentialChange = z
  .strictObject({ credential: text, reason: reason.optional() })
  .meta({ id: "CredentialChange" });

/** DELETE /agents/{agentId} */
export const removeAgentQuery = z.strictObject({ reason: reason.optional() });
