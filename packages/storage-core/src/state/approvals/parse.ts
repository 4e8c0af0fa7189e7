import { invalidArgument } from "../../errors.js";
import { describeShape } from "../../support/describe.js";
import {
  checkKeys,
  checkObject,
  parseChoice,
  parseInteger,
  parseOptionalText,
  parseText,
} from "../../support/input.js";
import { tooLarge } from "../../support/request-limits.js";
import { digestOfText, MAX_REQUEST_BYTES, requestText } from "../digest.js";
import type { ClaimOptions, DecideOptions } from "./queue.js";
import type { ApprovalVerdict, NewApproval } from "./record.js";
import type { ApprovalRow } from "./row.js";

const DAY_MS = 86_400_000;
const VERDICTS: readonly ApprovalVerdict[] = ["approve", "deny"];
const SHA256 = /^[0-9a-f]{64}$/;

/** Defaults of a queue. A call may override each of them except `retainMs` and `pollMs`. */
export interface ApprovalDefaults {
  /** Milliseconds until a request is decided by its default; 1 to 30 days; default 15 minutes. */
  readonly expiresInMs?: number | undefined;
  /** What expiry decides; default `deny`. */
  readonly onExpiry?: ApprovalVerdict | undefined;
  /** Lease of a claim, milliseconds; 1 to 86,400,000; default 60,000. */
  readonly leaseMs?: number | undefined;
  /** How long decided requests are kept, milliseconds; 1,000 to 3,650 days; default 7 days. */
  readonly retainMs?: number | undefined;
  /**
   * How often a `wait` polls when it gets no notification, milliseconds; 1 to 60,000; the default depends on the store.
   */
  readonly pollMs?: number | undefined;
}

/** The names of {@link ApprovalDefaults}, for functions that accept further options. */
export const APPROVAL_DEFAULT_NAMES = ["expiresInMs", "onExpiry", "leaseMs", "retainMs", "pollMs"] as const;

/** {@link ApprovalDefaults} with every default filled in. Times are in milliseconds. */
export interface ResolvedApprovalDefaults {
  readonly expiresInMs: number;
  readonly onExpiry: ApprovalVerdict;
  readonly leaseMs: number;
  readonly retainMs: number;
  readonly pollMs: number;
}

/** @throws `invalid_argument` for an invalid value; the caller checks for unknown keys */
export function parseApprovalDefaults(options: ApprovalDefaults, pollMs: number): ResolvedApprovalDefaults {
  return {
    expiresInMs: checkExpiry("options.expiresInMs", options.expiresInMs ?? 15 * 60_000),
    onExpiry: parseChoice("options.onExpiry", options.onExpiry ?? "deny", VERDICTS),
    leaseMs: checkLeaseMs("options.leaseMs", options.leaseMs ?? 60_000),
    retainMs: parseInteger("options.retainMs", options.retainMs ?? 7 * DAY_MS, 1000, 3650 * DAY_MS),
    pollMs: parseInteger("options.pollMs", options.pollMs ?? pollMs, 1, 60_000),
  };
}

/** A new request as it is stored, without its times and, if the caller gave none, without an id. */
export interface ParsedApproval {
  readonly requestId: string | undefined;
  readonly content: Pick<ApprovalRow, "agentId" | "teamId" | "action" | "request" | "digest" | "onExpiry">;
  readonly expiresInMs: number;
}

/** @throws `invalid_argument` */
export function parseNewApproval(approval: NewApproval, defaults: ResolvedApprovalDefaults): ParsedApproval {
  checkObject("approval", approval);
  checkKeys("approval", approval, ["requestId", "agentId", "teamId", "action", "request", "expiresInMs", "onExpiry"]);
  const agentId = parseText("approval.agentId", approval.agentId);
  const teamId = parseOptionalText("approval.teamId", approval.teamId);
  const action = parseText("approval.action", approval.action);
  const request = checkRequest(approval.request);
  return {
    requestId: approval.requestId === undefined ? undefined : parseText("approval.requestId", approval.requestId),
    content: {
      agentId,
      teamId,
      action,
      request,
      digest: digestOfText(request),
      onExpiry: parseChoice("approval.onExpiry", approval.onExpiry ?? defaults.onExpiry, VERDICTS),
    },
    expiresInMs: checkExpiry("approval.expiresInMs", approval.expiresInMs ?? defaults.expiresInMs),
  };
}

/** @throws `invalid_argument` */
export function parseClaim(options: ClaimOptions, defaultLeaseMs: number): { approver: string; leaseMs: number } {
  checkObject("options", options);
  checkKeys("options", options, ["approver", "leaseMs"]);
  return {
    approver: parseText("options.approver", options.approver),
    leaseMs: checkLeaseMs("options.leaseMs", options.leaseMs ?? defaultLeaseMs),
  };
}

/** @throws `invalid_argument` */
export function parseRelease(options: { readonly approver: string }): string {
  checkObject("options", options);
  checkKeys("options", options, ["approver"]);
  return parseText("options.approver", options.approver);
}

/** @throws `invalid_argument` */
export function parseDecision(options: DecideOptions): {
  approver: string;
  verdict: ApprovalVerdict;
  digest: string;
  reason: string | null;
} {
  checkObject("options", options);
  checkKeys("options", options, ["approver", "verdict", "digest", "reason"]);
  const { digest } = options;
  if (typeof digest !== "string" || !SHA256.test(digest)) {
    const got = describeShape(digest);
    throw invalidArgument(
      "options.digest",
      `must be a SHA-256 in lower-case hex, as requestDigest() makes it; got ${got}`,
    );
  }
  return {
    approver: parseText("options.approver", options.approver),
    verdict: parseChoice("options.verdict", options.verdict, VERDICTS),
    digest,
    reason: parseOptionalText("options.reason", options.reason),
  };
}

function checkRequest(request: unknown): string {
  const text = requestText("approval.request", request);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_REQUEST_BYTES) {
    throw tooLarge("approval.request", `takes ${bytes} bytes as JSON, more than the accepted ${MAX_REQUEST_BYTES}`);
  }
  return text;
}

function checkExpiry(what: string, value: unknown): number {
  return parseInteger(what, value, 1, 30 * DAY_MS);
}

function checkLeaseMs(what: string, value: unknown): number {
  return parseInteger(what, value, 1, DAY_MS);
}
