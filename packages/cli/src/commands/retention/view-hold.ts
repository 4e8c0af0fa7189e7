import type { HoldScope, LegalHold, ReleasedHold } from "@agent-assembly/storage-core";
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
      { title: "BY", value: ({ actor }) => actor },
      { title: "RELEASED", value: released(({ releasedAt }) => formatSecond(releasedAt)), fixed: true },
      { title: "RELEASED BY", value: released(({ actor }) => actor) },
      { title: "RELEASE REASON", value: released(({ reason }) => reason) },
    ],
    width,
    style,
  );
}

/** Of a hold that was released; nothing of one in force. */
function released(text: (release: ReleasedHold["release"]) => string): (hold: LegalHold) => string | undefined {
  return (hold) => (hold.state === "released" ? text(hold.release) : undefined);
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
