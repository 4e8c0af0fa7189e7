import type { Approval } from "@agent-assembly/storage-core/state";
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
    { title: "EXPIRES", value: ({ decision, expiresAt }) => (decision ? undefined : formatRelative(expiresAt, now)) },
    { title: "BY", value: ({ claim, decision }) => decision?.approver ?? decision?.source ?? claim?.approver },
    { title: "REQUEST BODY", value: ({ request }) => JSON.stringify(request) },
  ];
  return renderTable(items, columns, width, style);
}

/** All that an approver has to see; the request's body as indented JSON below. */
export function renderApproval(approval: Approval, now: number, style: Style): string {
  const { requestId, agentId, teamId, action, digest, onExpiry, submittedAt, expiresAt, state, claim } = approval;
  const time = (date: Date): string => `${formatTime(date)} (${formatRelative(date, now)})`;
  const verdict = onExpiry === "approve" ? "approved" : "denied";
  const fields = renderFields(
    [
      ["request", requestId],
      ["agent", agentId],
      ["team", teamId],
      ["action", action],
      ["state", approval.decision === undefined ? state : decisionText(approval, now)],
      ["claimed by", claim && `${claim.approver} until ${time(claim.expiresAt)}`],
      ["submitted", time(submittedAt)],
      ["expires", approval.decision === undefined ? `${time(expiresAt)}, then ${verdict}` : undefined],
      ["digest", digest],
    ],
    style,
  );
  const body = JSON.stringify(approval.request, null, 2);
  return `${fields}\n${body.split("\n").map(escapeText).join("\n")}\n`;
}

/** `approved by ann 2026-03-01 12:00:05Z (2m ago): looks fine`. */
export function decisionText({ state, decision }: Approval, now: number): string {
  if (decision === undefined) return state;
  const { source, approver, at, reason } = decision;
  const who = source === "expiry" ? "because it was not decided in time" : `by ${approver}`;
  return `${state} ${who} ${formatTime(at)} (${formatRelative(at, now)})${reason === undefined ? "" : `: ${reason}`}`;
}
