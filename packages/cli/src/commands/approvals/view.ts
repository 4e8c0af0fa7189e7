import type { Approval, DecidedApproval } from "@agent-assembly/storage-core/state";
import { escapeText } from "../../terminal/escape.js";
import { formatRelative, formatTime } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { type Column, renderFields, renderTable } from "../../terminal/table.js";

export function renderApprovals(
  items: readonly Approval[],
  now: number,
  width: number | undefined,
  style: Style,
): string {
  const paint: Record<Approval["state"], (text: string) => string> = {
    pending: style.yellow,
    claimed: style.cyan,
    approved: style.green,
    denied: style.red,
  };
  const columns: readonly Column<Approval>[] = [
    { title: "REQUEST", value: ({ requestId }) => requestId, fixed: true },
    { title: "STATE", value: ({ state }) => state, fixed: true, style: ({ state }) => paint[state] },
    { title: "ACTION", value: ({ action }) => action },
    { title: "AGENT", value: ({ agentId }) => agentId },
    { title: "TEAM", value: ({ teamId }) => teamId },
    { title: "SUBMITTED", value: ({ submittedAt }) => formatRelative(submittedAt, now), fixed: true },
    { title: "EXPIRES", value: (one) => (isDecided(one) ? undefined : formatRelative(one.expiresAt, now)) },
    { title: "BY", value: byWhom },
    { title: "REQUEST BODY", value: ({ request }) => JSON.stringify(request) },
  ];
  return renderTable(items, columns, width, style);
}

/** All that an approver has to see; the request's body as indented JSON below. */
export function renderApproval(approval: Approval, now: number, style: Style): string {
  const { requestId, agentId, teamId, action, digest, onExpiry, submittedAt, expiresAt } = approval;
  const time = (date: Date): string => `${formatTime(date)} (${formatRelative(date, now)})`;
  const verdict = onExpiry === "approve" ? "approved" : "denied";
  const fields = renderFields(
    [
      ["request", requestId],
      ["agent", agentId],
      ["team", teamId],
      ["action", action],
      ["state", isDecided(approval) ? decisionText(approval, now) : approval.state],
      [
        "claimed by",
        approval.state === "claimed" ? `${approval.claim.approver} until ${time(approval.claim.expiresAt)}` : undefined,
      ],
      ["submitted", time(submittedAt)],
      ["expires", isDecided(approval) ? undefined : `${time(expiresAt)}, then ${verdict}`],
      ["digest", digest],
    ],
    style,
  );
  const body = JSON.stringify(approval.request, null, 2);
  return `${fields}\n${body.split("\n").map(escapeText).join("\n")}\n`;
}

/** `approved by ann 2026-03-01 12:00:05Z (2m ago): looks fine`. */
export function decisionText({ state, decision }: DecidedApproval, now: number): string {
  const who = decision.source === "expiry" ? "because it was not decided in time" : `by ${decision.approver}`;
  const reason = decision.source === "expiry" || decision.reason === undefined ? "" : `: ${decision.reason}`;
  return `${state} ${who} ${formatTime(decision.at)} (${formatRelative(decision.at, now)})${reason}`;
}

export function isDecided(approval: Approval): approval is DecidedApproval {
  return "decision" in approval;
}

/** The approver who decided or holds the claim; `expiry` when no decision came in time. */
function byWhom(approval: Approval): string | undefined {
  if (approval.state === "claimed") return approval.claim.approver;
  if (!isDecided(approval)) return undefined;
  return approval.decision.source === "approver" ? approval.decision.approver : approval.decision.source;
}
