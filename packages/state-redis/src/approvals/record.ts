import { MAX_TIME_MS, MIN_TIME_MS, textProblem } from "@agent-assembly/storage-core/backend";
import type { ApprovalRow } from "@agent-assembly/storage-core/state";
import { redisErrors } from "../driver/errors.js";

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

/**
 * A request from its record.
 * @throws `corrupt` for what another program wrote; the message shows nothing of it
 */
export function parseRecord(record: unknown): ApprovalRow {
  const row = typeof record === "string" ? parseJson(record) : undefined;
  if (typeof row !== "object" || row === null) throw redisErrors.foreignValue();
  const fits = Object.entries(MEMBERS).every(
    ([member, check]) => Object.hasOwn(row, member) && check((row as Record<string, unknown>)[member]),
  );
  if (!fits) throw redisErrors.foreignValue();
  return row as ApprovalRow;
}

function isJson(value: unknown): boolean {
  return typeof value === "string" && parseJson(value) !== undefined;
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
