import { createHash } from "node:crypto";
import { jsonProblem, MAX_TIME_MS, MIN_TIME_MS, textProblem } from "@agent-assembly/storage-core/backend";
import type { ApprovalRow } from "@agent-assembly/storage-core/state";
import { redisErrors } from "../driver/errors.js";
import { listReply } from "../driver/replies.js";

const KIND = "an approval";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => textProblem(value) === undefined;
const isTime: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= MIN_TIME_MS && (value as number) <= MAX_TIME_MS;
const isVerdict: Check = (value) => value === "approve" || value === "deny";
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const MEMBERS: Readonly<Record<keyof ApprovalRow, Check>> = {
  requestId: isText,
  agentId: isText,
  teamId: orNull(isText),
  action: isText,
  request: isJson,
  digest: (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
  onExpiry: isVerdict,
  submittedAt: isTime,
  expiresAt: isTime,
  claimedBy: orNull(isText),
  claimExpiresAt: orNull(isTime),
  verdict: orNull(isVerdict),
  decidedBy: orNull(isText),
  reason: orNull((value) => typeof value === "string"),
  decidedAt: orNull(isTime),
  revision: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

function isConsistent({ claimedBy, claimExpiresAt, verdict, decidedAt, decidedBy, reason }: ApprovalRow): boolean {
  return (
    (claimedBy === null) === (claimExpiresAt === null) &&
    (verdict === null) === (decidedAt === null) &&
    (decidedBy === null || verdict !== null) &&
    (reason === null || decidedBy !== null)
  );
}

/** What is approved is what the digest was made of. */
function isBoundToRequest({ request, digest }: ApprovalRow): boolean {
  return createHash("sha256").update(request).digest("hex") === digest;
}

/**
 * A request from its record.
 * @throws `corrupt` for what another program wrote; the message shows nothing of it
 */
export function parseRecord(record: unknown): ApprovalRow {
  const row = typeof record === "string" ? parseJson(record) : undefined;
  if (typeof row !== "object" || row === null) throw redisErrors.foreignValue(KIND);
  const fits = Object.entries(MEMBERS).every(
    ([member, check]) => Object.hasOwn(row, member) && check((row as Record<string, unknown>)[member]),
  );
  if (!fits) throw redisErrors.foreignValue(KIND);
  const approval = row as ApprovalRow;
  if (!isConsistent(approval) || !isBoundToRequest(approval)) throw redisErrors.foreignValue(KIND);
  return approval;
}

/** A page of an index. */
export interface ApprovalPage {
  /** What the index holds, requests that were removed meanwhile included. */
  readonly size: number;
  readonly approvals: readonly ApprovalRow[];
}

/**
 * A page of requests: id, score and record of each, one after the other. An index that says another order than its
 * requests do would be read for ever.
 * @throws `corrupt` as {@link parseRecord}
 */
export function parsePage(answer: unknown): ApprovalPage {
  const parts = listReply(answer);
  const approvals: ApprovalRow[] = [];
  for (let at = 0; at < parts.length; at += 3) {
    const [id, score, record] = parts.slice(at, at + 3);
    if (record === "") continue;
    const approval = parseRecord(record);
    if (approval.requestId !== id || approval.submittedAt !== Number(score)) throw redisErrors.foreignValue(KIND);
    approvals.push(approval);
  }
  return { size: Math.ceil(parts.length / 3), approvals };
}

/** Requests one after the other: id and record ('' for none) of each. @throws `corrupt` as {@link parseRecord} */
export function parseDue(answer: unknown): ApprovalRow[] {
  const parts = listReply(answer);
  const approvals: ApprovalRow[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const [id, record] = parts.slice(at, at + 2);
    if (record === "") continue;
    const approval = parseRecord(record);
    if (approval.requestId !== id) throw redisErrors.foreignValue(KIND);
    approvals.push(approval);
  }
  return approvals;
}

function isJson(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const request = parseJson(value);
  return request !== undefined && jsonProblem(request) === undefined;
}

/** @returns `undefined` for what is no JSON */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
