import type { ApprovalFilterField, ParsedApprovalFilter } from "@agent-assembly/storage-core/state";
import { and, eq, gt, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { Tables } from "../schema/tables.js";
import { textArray } from "../sql/array-literal.js";

type ApprovalsTable = Tables["approvals"];

/** The requests that match as of `now`. */
export function whereApproval(table: ApprovalsTable, filter: ParsedApprovalFilter, now: number): SQL | undefined {
  return and(
    ...filter.map(({ field, values }) => (values.length === 0 ? sql`false` : conditionOf(table, field, values, now))),
  );
}

/** Values go as one array: however many there are, the statement takes one parameter for them. */
function conditionOf(
  table: ApprovalsTable,
  field: ApprovalFilterField,
  values: readonly string[],
  now: number,
): SQL | undefined {
  if (field !== "state") return sql`${table[field]} = ANY(${textArray(values)}::text[])`;
  const states = or(...values.map((state) => isInState(table, state, now)));
  // Said once for all, so that the index of open requests serves any choice of these two.
  const open = values.every((state) => state === "pending" || state === "claimed");
  return open ? and(isNull(table.verdict), states) : states;
}

function isInState(
  { verdict, onExpiry, expiresAt, claimExpiresAt }: ApprovalsTable,
  state: string,
  now: number,
): SQL | undefined {
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
