import { type AgentStorage, type LoadedConfig, maskUrl, type StateReport } from "@agent-assembly/storage";
import type { StateHealth } from "@agent-assembly/storage-core/state";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import type { Field } from "../../terminal/table.js";

/** Where hot-path state lives and how it is. */
export interface StateStatus extends StateReport {
  /** Its URL without the password; `null` when it is off. */
  readonly redis: string | null;
  /** Requests that wait for a decision; `null` where that cannot be read. */
  readonly pendingApprovals: number | null;
  /** There are more than that. */
  readonly morePending: boolean;
}

/** Where the health of the queue does not tell: how many requests are read for it. */
const READ = 200;
/** As far as the health of the queue counts. */
const COUNTED = 10_000;

export async function readStateStatus(storage: AgentStorage, { config }: LoadedConfig): Promise<StateStatus> {
  const { enabled, url } = config.storage.redis;
  const report = await storage.stateHealth();
  return {
    redis: enabled && url !== undefined ? maskUrl(url) : null,
    ...report,
    ...(await pendingOf(storage, report)),
  };
}

async function pendingOf(
  storage: AgentStorage,
  { approvals }: StateReport,
): Promise<Pick<StateStatus, "pendingApprovals" | "morePending">> {
  if (approvals.status === "down") return { pendingApprovals: null, morePending: false };
  const { pending } = approvals.details;
  if (typeof pending === "number") return { pendingApprovals: pending, morePending: pending >= COUNTED };
  const { items, next } = await storage.approvals.list({ state: ["pending", "claimed"] }, { limit: READ });
  return { pendingApprovals: items.length, morePending: next !== undefined };
}

/** Where hot-path state lives; nothing when that took too long to find out. */
export function stateFields(status: StateStatus | null): Field[] {
  if (status === null) return [];
  const { policyCache, approvals, rateLimits, redis } = status;
  return [
    ["redis", redis ?? "off"],
    ["policy cache", placeOf(policyCache, announcements(policyCache))],
    ["approvals", placeOf(approvals, pendingText(status))],
    ["rate limits", placeOf(rateLimits)],
  ];
}

/** What is wrong with it, each problem once. */
export function renderStateProblems(status: StateStatus | null, style: Style): string {
  if (status === null) return "";
  const ports = [status.policyCache, status.approvals, status.rateLimits];
  const problems = new Set(ports.flatMap(({ problems }) => problems));
  return [...problems].map((problem) => `${style.yellow("!")} ${escapeText(problem)}\n`).join("");
}

function placeOf({ status, backedBy }: StateHealth, more?: string): string {
  // Of the processes that serve agents, not of this one.
  const place = backedBy.replace(/^process\b/, "each process");
  return [`${status === "ok" ? "" : `${status}: `}${place}`, ...(more === undefined ? [] : [more])].join(", ");
}

function announcements({ details }: StateHealth): string | undefined {
  const { announcedBy, announced, ttlMs } = details;
  if (typeof ttlMs !== "number") return undefined;
  const how = announced === undefined ? "" : ` (${announced})`;
  if (announcedBy === "none") return `changes are not announced, none older than ${ttlMs / 1000} s`;
  return `changes by ${announcedBy}${how}, none older than ${ttlMs / 1000} s`;
}

function pendingText({ pendingApprovals, morePending }: StateStatus): string | undefined {
  if (pendingApprovals === null) return undefined;
  return `${formatCount(pendingApprovals)}${morePending ? " or more" : ""} waiting`;
}
