import type { AgentStorage } from "@agent-assembly/storage";
import { isStorageError } from "@agent-assembly/storage-core";
import { anySignal } from "@agent-assembly/storage-core/backend";
import type { Approval, ApprovalQueue } from "@agent-assembly/storage-core/state";
import { ProblemError, problemOf } from "../../http/problem.js";
import { emptyAnswer, jsonAnswer } from "../routing/answers.js";
import { type ApiRequest, defineRoute, type Route } from "../routing/route.js";
import { maySee, teamsToRead, teamToWrite, visible } from "../routing/team.js";
import * as schemas from "../schemas/approvals.js";

const TAG = "approvals";
const DEFAULT_WAIT_MS = 30_000;
const ERRORS = {
  404: "There is no such request",
  409: "Decided, expired, or claimed by another approver: `approval` says by whom and when",
} as const;

/** The routes of the approval queue. */
export const APPROVAL_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/approvals",
    id: "listApprovals",
    tag: TAG,
    summary: "List requests for approval",
    scopes: ["read"],
    team: "own",
    query: schemas.listApprovalsQuery,
    answers: { 200: { description: "A page, oldest first", schema: schemas.approvalPage } },
    async handle({ context, identity, reads, query: { limit, cursor, state, agentId, teamId } }) {
      const teams = teamsToRead(identity, teamId);
      const filter = {
        ...(state !== undefined && { state }),
        ...(agentId !== undefined && { agentId }),
        ...(teams !== undefined && { teamId: teams }),
      };
      const page = await context.storage.approvals.list(filter, { limit, cursor });
      if (page.items.length > 0) await reads?.answered({ approvals: page.items.length, filter });
      return jsonAnswer(page);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/approvals",
    id: "submitApproval",
    tag: TAG,
    summary: "Ask for an approval",
    description: "The same `requestId` with the same content answers with the state of the request.",
    scopes: ["ingest"],
    team: "own",
    body: {
      schema: schemas.newApproval,
      example: {
        agentId: "support-bot",
        action: "tool_call",
        request: { tool: "refund", arguments: { order: "o-7", amount: "40.00" } },
      },
    },
    answers: { 200: { description: "The request as it is now", schema: schemas.approval } },
    errors: { 409: "Another request has this `requestId`" },
    async handle({ context, identity, body }) {
      const teamId = teamToWrite(identity, body.teamId);
      return jsonAnswer(await context.storage.approvals.submit({ ...body, teamId }));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/approvals/claim-next",
    id: "claimNextApproval",
    tag: TAG,
    summary: "Claim the oldest pending request",
    scopes: ["approve"],
    team: "own",
    body: { schema: schemas.claimNextApproval, example: { leaseMs: 60_000 }, optional: true },
    answers: {
      200: { description: "The request, claimed", schema: schemas.claimedApproval },
      204: { description: "None is pending" },
    },
    async handle({ context, identity, reads, body: { leaseMs, agentId, teamId } }) {
      const teams = teamsToRead(identity, teamId);
      const filter = { ...(agentId !== undefined && { agentId }), ...(teams !== undefined && { teamId: teams }) };
      const claimed = await context.storage.approvals.claimNext({ approver: identity.name, leaseMs }, filter);
      if (claimed === undefined) return emptyAnswer();
      // Where this fails the claim ends by itself, with its lease.
      await reads?.answered({ approvals: 1, filter: { requestId: claimed.requestId } });
      return jsonAnswer(claimed);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/approvals/{requestId}",
    id: "getApproval",
    tag: TAG,
    summary: "Read a request",
    scopes: ["read"],
    team: "own",
    params: schemas.approvalPath,
    answers: { 200: { description: "The request as it is now", schema: schemas.approval } },
    errors: { 404: ERRORS[404] },
    async handle(request) {
      const approval = await visibleApproval(request);
      await recordRead(request);
      return jsonAnswer(approval);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/approvals/{requestId}/claim",
    id: "claimApproval",
    tag: TAG,
    summary: "Claim a request, so that no other approver decides it",
    scopes: ["approve"],
    team: "own",
    params: schemas.approvalPath,
    body: { schema: schemas.claimApproval, example: { leaseMs: 60_000 }, optional: true },
    answers: { 200: { description: "The request, claimed", schema: schemas.claimedApproval } },
    errors: ERRORS,
    handle: async (request) =>
      act(request, (approvals, requestId, approver) =>
        approvals.claim(requestId, { approver, leaseMs: request.body.leaseMs }),
      ),
  }),
  defineRoute({
    method: "POST",
    path: "/approvals/{requestId}/release",
    id: "releaseApproval",
    tag: TAG,
    summary: "Give up a claim",
    scopes: ["approve"],
    team: "own",
    params: schemas.approvalPath,
    answers: { 200: { description: "The request, pending", schema: schemas.pendingApproval } },
    errors: ERRORS,
    handle: async (request) =>
      act(request, (approvals, requestId, approver) => approvals.release(requestId, { approver })),
  }),
  defineRoute({
    method: "POST",
    path: "/approvals/{requestId}/decide",
    id: "decideApproval",
    tag: TAG,
    summary: "Decide a request",
    description: "Final. The digest binds the decision to what was looked at.",
    scopes: ["approve"],
    team: "own",
    params: schemas.approvalPath,
    body: {
      schema: schemas.decideApproval,
      example: {
        verdict: "approve",
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        reason: "within limits",
      },
    },
    answers: { 200: { description: "The request, decided", schema: schemas.decidedApproval } },
    errors: { ...ERRORS, 409: `${ERRORS[409]}; or the digest is another one` },
    handle: async (request) =>
      act(request, (approvals, requestId, approver) => approvals.decide(requestId, { ...request.body, approver })),
  }),
  defineRoute({
    method: "GET",
    path: "/approvals/{requestId}/wait",
    id: "waitForApproval",
    tag: TAG,
    summary: "Wait until a request is decided",
    description: "Answers at the decision, or after `timeoutMs` with the request as it is then: ask again.",
    scopes: ["read", "ingest"],
    team: "own",
    params: schemas.approvalPath,
    query: schemas.waitQuery,
    answers: { 200: { description: "The request, decided or not", schema: schemas.approval } },
    errors: { 404: ERRORS[404] },
    async handle(request) {
      const { context, params, query, signal } = request;
      const before = await visibleApproval(request);
      // Every answer below has the request, whose content never changes.
      await recordRead(request);
      if ("decision" in before) return jsonAnswer(before);
      const timeout = AbortSignal.timeout(query.timeoutMs ?? DEFAULT_WAIT_MS);
      const ends = anySignal([timeout, signal, context.closing]);
      try {
        return jsonAnswer(await context.storage.approvals.wait(params.requestId, { signal: ends }));
      } catch (error) {
        if (!ends.aborted) throw error;
        return jsonAnswer(await visibleApproval(request));
      }
    },
  }),
];

type ApprovalRequest = Pick<ApiRequest<{ requestId: string }>, "context" | "identity" | "params" | "reads">;

async function recordRead({ reads, params: { requestId } }: ApprovalRequest): Promise<void> {
  await reads?.answered({ approvals: 1, filter: { requestId } });
}

async function visibleApproval({ context, identity, params: { requestId } }: ApprovalRequest): Promise<Approval> {
  return visible(identity, await context.storage.approvals.get(requestId), "request with this id");
}

/**
 * Acts on a request that the sender may see. The answer shows it, so that its read is recorded first: nothing is changed where
 * that fails.
 * @throws ProblemError 409 with the request as it is now
 */
async function act(
  request: ApprovalRequest,
  make: (approvals: ApprovalQueue, requestId: string, approver: string) => Promise<Approval>,
): Promise<Response> {
  const { context, identity, params } = request;
  if (identity.teamId !== undefined || request.reads !== undefined) await visibleApproval(request);
  await recordRead(request);
  try {
    return jsonAnswer(await make(context.storage.approvals, params.requestId, identity.name));
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
    throw await withApproval(error, context.storage, request);
  }
}

/** What is decided is decided: the client shows by whom and when. */
async function withApproval(error: unknown, storage: AgentStorage, request: ApprovalRequest): Promise<ProblemError> {
  const approval = await storage.approvals.get(request.params.requestId);
  const shown = approval !== undefined && maySee(request.identity, approval);
  return new ProblemError({ ...problemOf(error), ...(shown && { extensions: { approval } }) });
}
