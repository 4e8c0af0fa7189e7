import { invalidArgument } from "../errors.js";
import type { Condition } from "../records/condition.js";
import { checkKeys, checkObject, parsePage, parseTexts } from "../support/input.js";
import type { PageRequest } from "../support/page.js";
import type { TokenKeys } from "../tokens/keys.js";
import { tokenText } from "../tokens/shape.js";
import { defineToken } from "../tokens/token.js";
import type { AgentStatus } from "./record.js";
import { type AgentRow, modeInForceIn } from "./row.js";
import type { AgentFilter } from "./store.js";

export const AGENT_STATUSES: readonly AgentStatus[] = ["registered", "online", "offline"];

const FIELDS = ["teamId", "orgId", "status", "enforcementMode"] as const;
export type AgentFilterField = (typeof FIELDS)[number];

/** Sorted, distinct values per field; no values: nothing matches. */
export type ParsedAgentFilter = readonly { readonly field: AgentFilterField; readonly values: readonly string[] }[];

/** @throws `invalid_argument` */
export function parseAgentFilter(filter: AgentFilter = {}): ParsedAgentFilter {
  checkObject("filter", filter);
  checkKeys("filter", filter, FIELDS);
  return FIELDS.filter((field) => filter[field] !== undefined).map((field) => {
    const values = parseTexts(`filter.${field}`, filter[field]).sort();
    if (field === "status" && values.some((value) => !(AGENT_STATUSES as readonly string[]).includes(value))) {
      throw invalidArgument("filter.status", `must be one of ${AGENT_STATUSES.join(", ")}`);
    }
    return { field, values };
  });
}

/** The agents that match as of `now`. */
export function whereAgents(filter: ParsedAgentFilter, now: number): Condition<AgentRow> {
  return {
    and: filter.map(({ field, values }) =>
      field === "enforcementMode" ? modeInForceIn(values, now) : { member: field, in: values },
    ),
  };
}

/** `agentId` of the last agent of a page. */
const CURSOR = defineToken("agents", [tokenText()]);

/** @returns the page's limit and the `agentId` it starts behind. @throws `invalid_argument` */
export function parseAgentPage(
  filter: ParsedAgentFilter,
  page: PageRequest = {},
  keys?: TokenKeys | undefined,
): { limit: number; after: string | undefined } {
  const { limit, cursor } = parsePage(page);
  if (cursor === undefined) return { limit, after: undefined };
  const [after] = CURSOR.decode("cursor", cursor, { scope: JSON.stringify(filter), keys });
  return { limit, after };
}

export function agentCursor(filter: ParsedAgentFilter, lastAgentId: string, keys?: TokenKeys | undefined): string {
  return CURSOR.encode([lastAgentId], { scope: JSON.stringify(filter), keys });
}
