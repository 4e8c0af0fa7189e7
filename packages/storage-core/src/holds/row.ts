import { type Condition, predicateOf } from "../records/condition.js";
import type { LegalHold } from "./record.js";

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

/** What a hold may cover. */
export interface HeldRow {
  readonly ts: number;
  readonly agentId: string | null;
  readonly teamId: string | null;
}

export const HOLD_IN_FORCE: Condition<HoldRow> = { member: "releasedAt", isNull: true };

const isInForce = predicateOf(HOLD_IN_FORCE);

/** How many holds cover some of the rows, and how many rows they cover. */
export function coverageOf(
  holds: readonly HoldRow[],
  rows: readonly HeldRow[],
): { readonly holds: number; readonly rows: number } {
  const inForce = holds.filter(isInForce);
  return {
    holds: inForce.filter((hold) => rows.some((row) => isHeldBy(hold, row))).length,
    rows: rows.filter((row) => inForce.some((hold) => isHeldBy(hold, row))).length,
  };
}

/** What a hold covers, and its id. */
export type HoldCover = Pick<HoldRow, "holdId" | "agentId" | "teamId" | "from" | "to">;

/** The ids of the holds that cover some of the rows, and how many rows they cover. @param holds in force */
export function heldBy(
  holds: readonly HoldCover[],
  rows: readonly HeldRow[],
): { readonly holds: readonly string[]; readonly rows: number } {
  const covering = holds.filter((hold) => rows.some((row) => isHeldBy(hold, row)));
  const held = rows.filter((row) => covering.some((hold) => isHeldBy(hold, row)));
  return { holds: covering.map(({ holdId }) => holdId), rows: held.length };
}

/** Whether a hold, as far as it is in force, covers a row. */
export function isHeldBy(hold: HoldCover, row: HeldRow): boolean {
  return (
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
