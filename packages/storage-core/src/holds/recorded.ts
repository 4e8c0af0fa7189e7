import { governanceEvent, isoOf } from "../governance/event.js";
import type { RecordChange } from "../governance/record-change.js";
import type { HoldRow } from "./row.js";

/** What is recorded of a hold that is placed. */
export const recordPlaced: RecordChange<HoldRow> = (_, placed) => {
  const { holdId, agentId, teamId, from, to, reason, actor, placedAt } = placed as HoldRow;
  return governanceEvent({
    change: "hold.placed",
    at: placedAt,
    agentId,
    teamId,
    subject: { holdId },
    after: { agentId, teamId, from: isoOf(from), to: isoOf(to) },
    by: { actor, reason },
  });
};

/** What is recorded of a hold that is released. */
export const recordReleased: RecordChange<HoldRow> = (_, released, now) => {
  const { holdId, agentId, teamId, from, to, releasedAt, releaseActor, releaseReason } = released as HoldRow;
  return governanceEvent({
    change: "hold.released",
    at: releasedAt ?? now,
    agentId,
    teamId,
    subject: { holdId },
    before: { agentId, teamId, from: isoOf(from), to: isoOf(to) },
    by: { actor: releaseActor, reason: releaseReason },
  });
};
