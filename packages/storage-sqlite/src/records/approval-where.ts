import type { ApprovalFilterField, ParsedApprovalFilter } from "@agent-assembly/storage-core/state";
import { and, eq, gt, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import { approvals } from "../schema/tables.js";

/** The requests that match as of `now`. */
export function whereApproval(filter: ParsedApprovalFilter, now: number): SQL | undefined {
  return and(...filter.map(({ field, values }) => (values.length === 0 ? sql`0` : conditionOf(field, values, now))));
}

function conditionOf(field: ApprovalFilterField, values: readonly string[], now: number): SQL | undefined {
  if (field !== "state") return inArray(approvals[field], [...values]);
  const states = or(...values.map((state) => isInState(state, now)));
  // Said once for all, so that the index of open requests serves any choice of these two.
  const open = values.every((state) => state === "pending" || state === "claimed");
  return open ? and(isNull(approvals.verdict), states) : states;
}

function isInState(state: string, now: number): SQL | undefined {
  const { verdict, onExpiry, expiresAt, claimExpiresAt } = approvals;
  const waits = and(isNull(verdict), gt(expiresAt, now));
  switch (state) {
    case "pending":
      return and(waits, or(isNull(claimExpiresAt), lte(claimExpiresAt, now)));
    case "claimed":
      return and(waits, gt(claimExpiresAt, now));
    default: {
      const wanted = state === "approved" ? "approve" : "deny";
      const expired = and(isNull(verdict), lte(expiresAt, now), eq(onExpiry, wanted));
      return or(and(isNotNull(verdict), eq(verdict, wanted)), expired);
    }
  }
}
