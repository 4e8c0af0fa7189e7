import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { parseUuid, uuidV7 } from "../support/ids.js";
import { checkKeys, checkObject, parseBoolean, parseDate, parseOptionalText, parseText } from "../support/input.js";
import type { HoldRelease, NewLegalHold } from "./record.js";
import type { HoldRow } from "./row.js";

/** @param now milliseconds since the epoch; becomes `placedAt`. @throws `invalid_argument` */
export function parseHold(hold: NewLegalHold, now: number): HoldRow {
  checkObject("hold", hold);
  checkKeys("hold", hold, ["agentId", "teamId", "from", "to", "reason", "actor"] satisfies (keyof NewLegalHold)[]);
  const from = hold.from === undefined ? null : parseDate("hold.from", hold.from);
  const to = hold.to === undefined ? null : parseDate("hold.to", hold.to);
  if (from !== null && to !== null && to <= from) throw invalidArgument("hold.to", "must be after hold.from");
  return {
    // Ascends with time, so that holds of one instant keep the order in which they were placed.
    holdId: uuidV7(now),
    agentId: parseOptionalText("hold.agentId", hold.agentId),
    teamId: parseOptionalText("hold.teamId", hold.teamId),
    from,
    to,
    reason: parseText("hold.reason", hold.reason),
    actor: parseText("hold.actor", hold.actor),
    placedAt: now,
    releasedAt: null,
    releaseActor: null,
    releaseReason: null,
  };
}

/** @returns the id in its canonical form. @throws `invalid_argument` */
export function parseRelease(holdId: unknown, release: HoldRelease): HoldRelease & { readonly holdId: string } {
  const id = parseUuid(holdId);
  if (id === undefined) throw invalidArgument("holdId", `must be a UUID, got ${describeShape(holdId)}`);
  checkObject("release", release);
  checkKeys("release", release, ["actor", "reason"] satisfies (keyof HoldRelease)[]);
  return {
    holdId: id,
    actor: parseText("release.actor", release.actor),
    reason: parseText("release.reason", release.reason),
  };
}

/** @returns whether released ones are wanted too. @throws `invalid_argument` */
export function parseHoldsOptions(options: { readonly released?: boolean | undefined } = {}): boolean {
  checkObject("options", options);
  checkKeys("options", options, ["released"]);
  return options.released === undefined ? false : parseBoolean("options.released", options.released);
}
