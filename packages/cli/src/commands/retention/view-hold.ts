import type { HoldScope, LegalHold } from "@agent-assembly/storage-core";
import { formatDay, formatSecond } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { renderTable } from "../../terminal/table.js";

export function renderHolds(holds: readonly LegalHold[], width: number | undefined, style: Style): string {
  return renderTable(
    holds,
    [
      { title: "HOLD", value: ({ holdId }) => holdId, fixed: true },
      { title: "KEEPS", value: (hold) => scopeText(hold) },
      { title: "REASON", value: ({ reason }) => reason },
      { title: "PLACED", value: ({ placedAt }) => formatSecond(placedAt), fixed: true },
      { title: "BY", value: ({ placedBy }) => placedBy },
      { title: "RELEASED", value: ({ releasedAt }) => releasedAt && formatSecond(releasedAt), fixed: true },
      { title: "RELEASED BY", value: ({ releasedBy }) => releasedBy },
      { title: "RELEASE REASON", value: ({ releaseReason }) => releaseReason },
    ],
    width,
    style,
  );
}

/** `agent a from 2026-01-01 before 2026-02-01`. */
export function scopeText({ agentId, teamId, from, to }: HoldScope): string {
  const whose = [
    ...(agentId === undefined ? [] : [`agent ${agentId}`]),
    ...(teamId === undefined ? [] : [`team ${teamId}`]),
  ];
  return [
    whose.length === 0 ? "everything" : whose.join(" in "),
    ...(from === undefined ? [] : [`from ${formatDay(from)}`]),
    ...(to === undefined ? [] : [`before ${formatDay(to)}`]),
  ].join(" ");
}
