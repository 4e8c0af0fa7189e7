import { checkKeys, checkObject, parseBoolean, parseOptionalText } from "../support/input.js";
import type { JsonObject } from "../support/json.js";

/** What is recorded as an audit event of action `governance`; a {@link GovernanceRecord} has it. */
export const GOVERNANCE_CHANGES = [
  "policy.saved",
  "policy.activated",
  "policy.rolled_back",
  "agent.registered",
  "agent.updated",
  "agent.mode_changed",
  "agent.credential_rotated",
  "agent.removed",
  "approval.submitted",
  "approval.decided",
  "approval.expired",
  "approval.lost",
  "hold.placed",
  "hold.released",
  "token.created",
  "token.revoked",
  "retention.started",
  "retention.finished",
  "retention.policy_changed",
  "archive.started",
  "archive.verified",
  "archive.dropped",
  "archive.forgotten",
  "erasure.begun",
  "erasure.finished",
  "log.begun",
  "log.forked",
  "key.rotated",
  "configuration.seen",
  "session.began",
  "session.ended",
  "payloads.read",
  "payloads.stream_began",
  "payloads.stream_ended",
] as const;

/** One of {@link GOVERNANCE_CHANGES}. */
export type GovernanceChange = (typeof GOVERNANCE_CHANGES)[number];

/**
 * The payload of an audit event of action `governance`. Values that may be long or private, such as metadata, credentials and
 * documents, are in it as `sha256:` and the digest in lower-case hex: of canonical JSON, of the text, of the bytes.
 */
export type GovernanceRecord = JsonObject & {
  readonly change: GovernanceChange;
  /** Ids of what was changed, such as `{ "policy": "tools", "version": 3 }`. */
  readonly subject: JsonObject;
  /** What was replaced; absent where there was nothing. */
  readonly before?: JsonObject;
  /** What it was replaced with; absent where nothing is left. */
  readonly after?: JsonObject;
  /** What a gateway gave out, and what was asked for; of reads of payloads alone, which change nothing. */
  readonly read?: JsonObject;
  /** Who did it; absent when the call did not say. */
  readonly actor?: string;
  readonly reason?: string;
};

/** The agent of governance events that are about no agent. */
export const GOVERNANCE_AGENT = "governance";

/** Who makes a change, and why: recorded with it. Texts have 1 to 512 characters. */
export interface ChangeContext {
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/** A checked {@link ChangeContext}. */
export interface ParsedContext {
  readonly actor: string | null;
  readonly reason: string | null;
}

/** Members of {@link ChangeContext}. */
export const CONTEXT_KEYS = ["actor", "reason"] as const satisfies (keyof ChangeContext)[];

/** @param extra other known keys. @throws `invalid_argument` */
export function parseContext(options: ChangeContext = {}, extra: readonly string[] = []): ParsedContext {
  checkObject("options", options);
  checkKeys("options", options, [...CONTEXT_KEYS, ...extra]);
  return {
    actor: parseOptionalText("options.actor", options.actor),
    reason: parseOptionalText("options.reason", options.reason),
  };
}

/** @returns whether changes are recorded; default true. @throws `invalid_argument` */
export function parseGovernanceEvents(value: unknown): boolean {
  return value === undefined ? true : parseBoolean("options.governanceEvents", value);
}
