import { invalidArgument } from "../../errors.js";
import type { Condition } from "../../records/condition.js";
import { checkKeys, checkObject, parsePage, parseTexts } from "../../support/input.js";
import type { PageRequest } from "../../support/page.js";
import { compareText } from "../../support/text.js";
import { MAX_TIME_MS, MIN_TIME_MS } from "../../support/time-range.js";
import type { TokenKeys } from "../../tokens/keys.js";
import { tokenInteger, tokenText } from "../../tokens/shape.js";
import { defineToken } from "../../tokens/token.js";
import type { ApprovalFilter } from "./queue.js";
import type { ApprovalState } from "./record.js";
import { type ApprovalRow, inStates, isOpen } from "./row.js";

const APPROVAL_STATES: readonly ApprovalState[] = ["pending", "claimed", "approved", "denied"];

const FIELDS = ["state", "agentId", "teamId"] as const;
/** A member of {@link ApprovalFilter}. */
export type ApprovalFilterField = (typeof FIELDS)[number];

/** Sorted, distinct values per field; no values: nothing matches. */
export type ParsedApprovalFilter = readonly {
  readonly field: ApprovalFilterField;
  readonly values: readonly string[];
}[];

/** The place of a request in the queue. */
export interface ApprovalKey {
  readonly submittedAt: number;
  readonly requestId: string;
}

/** @throws `invalid_argument` */
export function parseApprovalFilter(
  filter: ApprovalFilter = {},
  fields: readonly ApprovalFilterField[] = FIELDS,
): ParsedApprovalFilter {
  checkObject("filter", filter);
  checkKeys("filter", filter, fields);
  return FIELDS.filter((field) => filter[field] !== undefined).map((field) => {
    const values = parseTexts(`filter.${field}`, filter[field]).sort();
    if (field === "state" && values.some((value) => !(APPROVAL_STATES as readonly string[]).includes(value))) {
      throw invalidArgument("filter.state", `must be one of ${APPROVAL_STATES.join(", ")}`);
    }
    return { field, values };
  });
}

/** The requests that match as of `now`. */
export function whereApprovals(filter: ParsedApprovalFilter, now: number): Condition<ApprovalRow> {
  return {
    and: filter.map(({ field, values }) =>
      field === "state" ? inStates(values as readonly ApprovalState[], now) : { member: field, in: values },
    ),
  };
}

/** Whether only requests that wait for an approver can match. */
export function wantsOpenOnly(filter: ParsedApprovalFilter): boolean {
  return filter.some(({ field, values }) => field === "state" && (values as readonly ApprovalState[]).every(isOpen));
}

/** Oldest first; ids of one millisecond by code point. */
export function compareApprovalKeys(a: ApprovalKey, b: ApprovalKey): number {
  return a.submittedAt - b.submittedAt || compareText(a.requestId, b.requestId);
}

/** `submittedAt` and `requestId` of the last request of a page. */
const CURSOR = defineToken("approvals", [tokenInteger(MIN_TIME_MS, MAX_TIME_MS), tokenText()]);

/** @throws `invalid_argument` */
export function parseApprovalPage(
  filter: ParsedApprovalFilter,
  page: PageRequest = {},
  keys?: TokenKeys | undefined,
): { limit: number; after: ApprovalKey | undefined } {
  const { limit, cursor } = parsePage(page);
  if (cursor === undefined) return { limit, after: undefined };
  const [submittedAt, requestId] = CURSOR.decode("cursor", cursor, { scope: JSON.stringify(filter), keys });
  return { limit, after: { submittedAt, requestId } };
}

export function approvalCursor(filter: ParsedApprovalFilter, last: ApprovalKey, keys?: TokenKeys | undefined): string {
  return CURSOR.encode([last.submittedAt, last.requestId], { scope: JSON.stringify(filter), keys });
}
