import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { normalizeUuid, uuidV7 } from "../support/ids.js";
import { checkBoolean, checkDate, checkKeys, checkObject, checkOptionalText, checkText } from "../support/input.js";
import type { HoldRelease, LegalHold, NewLegalHold } from "./record.js";

/** A hold as backends store it: checked, times in milliseconds, absent members `null`. */
export interface HoldRow {
  readonly holdId: string;
  readonly agentId: string | null;
  readonly teamId: string | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly reason: string;
  readonly actor: string;
  readonly placedAt: number;
  readonly releasedAt: number | null;
  readonly releaseActor: string | null;
  readonly releaseReason: string | null;
}

/** @param now milliseconds since the epoch; becomes `placedAt`. @throws `invalid_argument` */
export function parseHold(hold: NewLegalHold, now: number): HoldRow {
  checkObject("hold", hold);
  checkKeys("hold", hold, ["agentId", "teamId", "from", "to", "reason", "actor"] satisfies (keyof NewLegalHold)[]);
  const from = hold.from === undefined ? null : checkDate("hold.from", hold.from);
  const to = hold.to === undefined ? null : checkDate("hold.to", hold.to);
  if (from !== null && to !== null && to <= from) throw invalidArgument("hold.to must be after hold.from");
  return {
    // Ascends with time, so that holds of one instant keep the order in which they were placed.
    holdId: uuidV7(now),
    agentId: checkOptionalText("hold.agentId", hold.agentId),
    teamId: checkOptionalText("hold.teamId", hold.teamId),
    from,
    to,
    reason: checkText("hold.reason", hold.reason),
    actor: checkText("hold.actor", hold.actor),
    placedAt: now,
    releasedAt: null,
    releaseActor: null,
    releaseReason: null,
  };
}

/** @returns the id in its canonical form. @throws `invalid_argument` */
export function parseRelease(holdId: unknown, release: HoldRelease): HoldRelease & { readonly holdId: string } {
  const id = normalizeUuid(holdId);
  if (id === undefined) throw invalidArgument(`holdId must be a UUID, got ${describeShape(holdId)}`);
  checkObject("release", release);
  checkKeys("release", release, ["actor", "reason"] satisfies (keyof HoldRelease)[]);
  return {
    holdId: id,
    actor: checkText("release.actor", release.actor),
    reason: checkText("release.reason", release.reason),
  };
}

/** @returns whether released ones are wanted too. @throws `invalid_argument` */
export function checkHoldsOptions(options: { readonly released?: boolean | undefined } = {}): boolean {
  checkObject("options", options);
  checkKeys("options", options, ["released"]);
  return options.released === undefined ? false : checkBoolean("options.released", options.released);
}

/** Whether a hold in force covers a row. */
export function holdCovers(
  hold: HoldRow,
  row: { readonly ts: number; readonly agentId: string | null; readonly teamId: string | null },
): boolean {
  return (
    hold.releasedAt === null &&
    (hold.agentId === null || hold.agentId === row.agentId) &&
    (hold.teamId === null || hold.teamId === row.teamId) &&
    (hold.from === null || row.ts >= hold.from) &&
    (hold.to === null || row.ts < hold.to)
  );
}

/** The public form of a row. */
export function toLegalHold(row: HoldRow): LegalHold {
  const { agentId, teamId, from, to, releasedAt, releaseActor, releaseReason } = row;
  const placed = {
    holdId: row.holdId,
    ...(agentId !== null && { agentId }),
    ...(teamId !== null && { teamId }),
    ...(from !== null && { from: new Date(from) }),
    ...(to !== null && { to: new Date(to) }),
    reason: row.reason,
    actor: row.actor,
    placedAt: new Date(row.placedAt),
  };
  if (releasedAt === null || releaseActor === null || releaseReason === null) return { ...placed, state: "in_force" };
  const release = { actor: releaseActor, reason: releaseReason, releasedAt: new Date(releasedAt) };
  return { ...placed, state: "released", release };
}
