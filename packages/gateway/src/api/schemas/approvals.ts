import { z } from "zod";
import { anyOf, json, pageOf, pageQuery, text, time } from "./common.js";

const verdict = z.enum(["approve", "deny"]);

const submitted = {
  requestId: z.string(),
  agentId: z.string(),
  teamId: z.string().optional(),
  action: z.string(),
  request: json.describe("Everything that the approval covers"),
  digest: z.string().describe("Of `request`; sent with the decision, which is refused for any other one"),
  onExpiry: verdict.describe("What decides when the time is over"),
  submittedAt: time,
  expiresAt: time,
};

const decided = { verdict, at: time };

const decision = z.discriminatedUnion("source", [
  z.strictObject({ source: z.literal("approver"), ...decided, approver: z.string(), reason: z.string().optional() }),
  z.strictObject({ source: z.literal("expiry"), ...decided }),
]);

export const pendingApproval = z
  .strictObject({ state: z.literal("pending"), ...submitted })
  .meta({ id: "PendingApproval" });

export const claimedApproval = z
  .strictObject({
    state: z.literal("claimed"),
    ...submitted,
    claim: z.strictObject({ approver: z.string(), expiresAt: time }),
  })
  .meta({ id: "ClaimedApproval" });

export const decidedApproval = z
  .strictObject({ state: z.enum(["approved", "denied"]), ...submitted, decision })
  .meta({ id: "DecidedApproval" });

/** A request as of the moment of reading. */
export const approval = z
  .discriminatedUnion("state", [pendingApproval, claimedApproval, decidedApproval])
  .meta({ id: "Approval" });

export const approvalPage = pageOf(approval).meta({ id: "ApprovalPage" });

/** GET /approvals */
export const listApprovalsQuery = z.strictObject({
  state: z
    .array(z.enum(["pending", "claimed", "approved", "denied"]))
    .optional()
    .describe("pending, claimed, approved or denied; repeat it for several"),
  agentId: anyOf.optional(),
  teamId: anyOf.optional(),
  ...pageQuery,
});

export const approvalPath = z.strictObject({ requestId: text });

/** POST /approvals */
export const newApproval = z
  .strictObject({
    requestId: text.optional().describe("Makes a repetition harmless; default a UUID version 7"),
    agentId: text,
    teamId: text.optional().describe("Default: the team of the token"),
    action: text.describe("What the agent wants to do, such as tool_call"),
    request: json,
    expiresInMs: z.int().min(1).optional(),
    onExpiry: verdict.optional(),
  })
  .meta({ id: "NewApproval" });

const leaseMs = z
  .int()
  .min(1)
  .max(86_400_000)
  .optional()
  .describe("How long others may not decide, in milliseconds; default the queue's");

/** POST /approvals/{requestId}/claim */
export const claimApproval = z.strictObject({ leaseMs }).meta({ id: "ClaimApproval" });

const anyOfBody = z.union([text, z.array(text)]).optional();

/** POST /approvals/claim-next */
export const claimNextApproval = z
  .strictObject({ leaseMs, agentId: anyOfBody, teamId: anyOfBody })
  .meta({ id: "ClaimNextApproval" });

/** POST /approvals/{requestId}/decide */
export const decideApproval = z
  .strictObject({
    verdict,
    digest: z.string().max(512).describe("The `digest` of what was looked at"),
    reason: text.optional(),
  })
  .meta({ id: "DecideApproval" });

/** GET /approvals/{requestId}/wait */
export const waitQuery = z.strictObject({
  timeoutMs: z
    .int()
    .min(1)
    .max(60_000)
    .optional()
    .describe("Answers with what is there after this time, decided or not; default 30000"),
});
