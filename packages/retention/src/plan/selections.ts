import type { AuditFilter, HoldScope, LegalHold, Partition } from "@agent-assembly/storage-core";
import type { Selection } from "@agent-assembly/storage-core/backend";
import type { ResolvedRule } from "../policy/policy.js";

/** Whether a hold's time range meets the partition's. */
export function touches({ from, to }: HoldScope, partition: Partition): boolean {
  return (from === undefined || from < partition.to) && (to === undefined || to > partition.from);
}

/**
 * What a rule decides about: the rows that match it, no earlier rule and no hold.
 * @returns `undefined` for all rows
 */
export function selectionOf(
  rule: ResolvedRule,
  earlier: readonly ResolvedRule[],
  holds: readonly LegalHold[],
): Selection | undefined {
  const own = filterOfRule(rule);
  const except = [...earlier.map((one) => filterOfRule(one) ?? {}), ...holds.map(filterOfHold)];
  if (own === undefined && except.length === 0) return undefined;
  return { ...(own === undefined ? {} : { only: [own] }), ...(except.length === 0 ? {} : { except }) };
}

/** What a selection leaves when the rows under holds are taken out. */
export function withoutHeld(selection: Selection | undefined, holds: readonly LegalHold[]): Selection | undefined {
  if (holds.length === 0) return selection;
  return { ...selection, except: [...(selection?.except ?? []), ...holds.map(filterOfHold)] };
}

/** The rows that any of the holds covers. */
export function heldBy(holds: readonly LegalHold[]): Selection {
  return { only: holds.map(filterOfHold) };
}

/** @returns `undefined` for the default, which matches everything */
function filterOfRule({ teamId, agentId, action }: ResolvedRule): AuditFilter | undefined {
  if (teamId === undefined && agentId === undefined && action === undefined) return undefined;
  return {
    ...(teamId === undefined ? {} : { teamId }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(action === undefined ? {} : { action }),
  };
}

function filterOfHold({ agentId, teamId, from, to }: HoldScope): AuditFilter {
  return {
    ...(agentId === undefined ? {} : { agentId }),
    ...(teamId === undefined ? {} : { teamId }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
