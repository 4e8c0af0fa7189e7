import type { StateHealth } from "@agent-assembly/storage-core/state";
import { escapeText } from "../../terminal/escape.js";
import { formatCount } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import type { Field } from "../../terminal/table.js";
import type { StateStatus } from "./state.js";

/** Where hot-path state lives; nothing when that took too long to find out. */
export function stateFields(status: StateStatus | null): Field[] {
  if (status === null) return [];
  const { policies, approvals, limits, redis } = status;
  return [
    ["redis", redis ?? "off"],
    ["policy cache", placeOf(policies, announcements(policies))],
    ["approvals", placeOf(approvals, pendingText(status))],
    ["rate limits", placeOf(limits)],
  ];
}

/** What is wrong with it, each problem once. */
export function renderStateProblems(status: StateStatus | null, style: Style): string {
  if (status === null) return "";
  const ports = [status.policies, status.approvals, status.limits];
  const problems = new Set(ports.flatMap(({ problems }) => problems));
  return [...problems].map((problem) => `${style.yellow("!")} ${escapeText(problem)}\n`).join("");
}

function placeOf({ status, standsOn }: StateHealth, more?: string): string {
  // Of the processes that serve agents, not of this one.
  const place = standsOn.replace(/^process\b/, "each process");
  return [`${status === "ok" ? "" : `${status}: `}${place}`, ...(more === undefined ? [] : [more])].join(", ");
}

function announcements({ details }: StateHealth): string | undefined {
  const { announcedBy, announced, ttlMs } = details;
  if (typeof ttlMs !== "number") return undefined;
  const how = announced === undefined ? "" : ` (${announced})`;
  return `changes by ${announcedBy}${how}, none older than ${ttlMs / 1000} s`;
}

function pendingText({ pendingApprovals, morePending }: StateStatus): string | undefined {
  if (pendingApprovals === null) return undefined;
  return `${formatCount(pendingApprovals)}${morePending ? " or more" : ""} waiting`;
}
