import { computed } from "@preact/signals";
import type { Query } from "../server/client.js";
import { type Changes, params } from "./location.js";
import { iso, range } from "./range.js";

/** Members that events are filtered by: the name in the URL and the API, the label, and the option of `aasm audit query`. */
export const FILTERS = [
  { key: "action", label: "action", option: "--action" },
  { key: "decision", label: "decision", option: "--decision" },
  { key: "agentId", label: "agent", option: "--agent" },
  { key: "teamId", label: "team", option: "--team" },
  { key: "tool", label: "tool", option: "--tool" },
  { key: "matchedRuleId", label: "rule", option: "--rule" },
  { key: "sessionId", label: "session", option: "--session" },
  { key: "traceId", label: "trace", option: "--trace" },
  { key: "orgId", label: "org", option: "--org" },
  { key: "shadowDecision", label: "shadow decision", option: "--shadow-decision" },
  { key: "eventId", label: "event", option: "--event-id" },
  { key: "dryRun", label: "dry run", option: "--dry-run" },
  { key: "payload", label: "payload", option: "--payload" },
] as const;

export type FilterKey = (typeof FILTERS)[number]["key"];

/** One condition that is in force. */
export interface Condition {
  readonly key: FilterKey;
  readonly label: string;
  readonly value: string;
}

/** All conditions in the URL, in the order of {@link FILTERS}. */
export const conditions = computed<readonly Condition[]>(() =>
  FILTERS.flatMap(({ key, label }) => params.value.getAll(key).map((value) => ({ key, label, value }))),
);

/** The conditions as the API takes them, without the time range. */
export const conditionQuery = computed<Query>(() => {
  const query: Record<string, readonly string[]> = {};
  for (const { key, value } of conditions.value) query[key] = [...(query[key] ?? []), value];
  return query;
});

/** The conditions with the time range. A range that ends now has no end, so that what comes next is in it. */
export const filterQuery = computed<Query>(() => ({
  ...conditionQuery.value,
  from: iso(range.value.from),
  ...(range.value.name === undefined ? { to: iso(range.value.to) } : {}),
}));

/** The conditions with the time range as it is now, for what is read later. */
export const fixedQuery = computed<Query>(() => ({ ...filterQuery.value, to: iso(range.value.to) }));

/** Whether a value is filtered by. */
export function isFiltered(key: FilterKey, value: string): boolean {
  return params.value.getAll(key).includes(value);
}

/** Adds a value to the filter, or takes it away. */
export function toggled(key: FilterKey, value: string): Changes {
  const values = params.value.getAll(key);
  if (values.includes(value)) return { [key]: values.filter((one) => one !== value), ...unanchored };
  return { [key]: key === "dryRun" ? value : [...values, value], ...unanchored };
}

/** A changed filter begins at its newest event, without an open one. */
export const unanchored: Changes = { at: undefined, event: undefined };

/**
 * What was typed into the filter box: `tool=web_search`, `agent=a`, `/arguments/amount=700`; a bare word is looked up as a tool.
 * A quoted value may hold any character. `undefined` where no member has that name.
 */
export function parseTyped(typed: string): { readonly key: FilterKey; readonly value: string } | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  if (text.startsWith("/")) return text.includes("=") ? { key: "payload", value: text } : undefined;
  const at = text.search(/[=:]/);
  if (at < 0) return { key: "tool", value: text };
  const name = text.slice(0, at).trim().toLowerCase();
  const value = text
    .slice(at + 1)
    .trim()
    .replace(/^"(.*)"$/, "$1");
  const found = FILTERS.find(({ key, label }) => key.toLowerCase() === name || label === name);
  return found === undefined || value === "" ? undefined : { key: found.key, value };
}
