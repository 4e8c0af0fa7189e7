import type { KeptRows, PlanItem, ResolvedDatasetPolicy, ResolvedRule, RetentionPlan } from "@agent-assembly/retention";
import { escapeText } from "../../terminal/escape.js";
import {
  countText,
  formatBytes,
  formatCount,
  formatDay,
  formatRelative,
  formatTime,
  partitionsText,
  rowsText,
} from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { type Column, type Field, renderFields, renderTable } from "../../terminal/table.js";
import { groupPlan, type PlanGroup, type PlanTotals, planTotals, withoutAge } from "./plan-summary.js";

const DAY_MS = 86_400_000;

/** When the schedule comes next. */
export interface NextRun {
  readonly at: Date;
  readonly dryRun: boolean;
}

export interface PlanView {
  readonly width: number | undefined;
  readonly style: Style;
  readonly now: number;
  /** A line for each partition. */
  readonly every: boolean;
}

/** A plan as a bill: the terms, what goes, what stays, what is in the way, and what it comes to. */
export function renderPlan(plan: RetentionPlan, next: NextRun, view: PlanView): string {
  const { style } = view;
  const groups = groupPlan(plan, view.every);
  const title = (text: string): string => `\n${style.bold(text)}\n`;
  return [
    `${style.bold("Retention plan")} for ${formatTime(plan.createdAt)}\n`,
    renderFields([...policyFields(plan), ["next run", nextRunText(next, view.now)]], style),
    ...(groups.items.length === 0 ? [] : [title("Goes"), goes(plan, groups.items, view)]),
    ...(groups.kept.length === 0 ? [] : [title("Stays"), stays(groups.kept, view)]),
    ...(plan.unfinished.length === 0 ? [] : [title("Half done by an earlier run"), unfinished(plan, view)]),
    "\n",
    renderForeign(plan, style),
    renderPlanTotals(planTotals(plan), style),
  ].join("");
}

/** What keeps a run from running. */
export function renderForeign({ foreign }: Pick<RetentionPlan, "foreign">, style: Style): string {
  return foreign
    .map(
      ({ description, remedy }) => `${style.red("!")} ${escapeText(`${description}; no run until then: ${remedy}`)}\n`,
    )
    .join("");
}

export function nextRunText({ at, dryRun }: NextRun, now: number): string {
  return `${formatTime(at)} (${formatRelative(at, now)})${dryRun ? ", a dry run: storage.retention.dry_run is true" : ""}`;
}

function policyFields({ policy }: RetentionPlan): Field[] {
  return [
    ["audit events", agesText(policy.audit)],
    ...policy.audit.rules
      .slice(0, -1)
      .map((rule): Field => [`rule ${rule.name}`, `${scopeText(rule)}: ${endText(rule)}`]),
    ["metric samples", agesText(policy.metrics)],
    ["archive", policy.archiveUrl],
  ];
}

function agesText({ hotDays, rules }: ResolvedDatasetPolicy): string {
  return `hot for ${daysText(hotDays)}, ${endText(rules.at(-1) as ResolvedRule)}`;
}

function scopeText({ teamId, agentId, action }: ResolvedRule): string {
  const parts: readonly (readonly [string, readonly string[] | undefined])[] = [
    ["team", teamId],
    ["agent", agentId],
    ["action", action],
  ];
  return parts.flatMap(([name, values]) => (values === undefined ? [] : [`${name} ${values.join(" or ")}`])).join(", ");
}

function endText({ warmDays, coldAction }: ResolvedRule): string {
  if (warmDays === undefined) return "kept forever";
  return `${coldAction === "archive" ? "archived" : "dropped"} at ${daysText(warmDays)} of age`;
}

function daysText(days: number): string {
  return countText(days, "day");
}

function goes(plan: RetentionPlan, groups: readonly PlanGroup<PlanItem>[], { width, style }: PlanView): string {
  const actionOf = ({ members }: PlanGroup<PlanItem>): string => (members[0] as PlanItem).action;
  const paint = { archive: style.cyan, drop: style.red, compress: style.dim } as Record<string, Style["red"]>;
  return renderTable(
    groups,
    [
      { title: "ACTION", value: actionOf, fixed: true, style: (one) => paint[actionOf(one)] ?? ((text) => text) },
      ...sharedColumns<PlanItem>(),
      { title: "WHY", value: ({ members }) => whyText(members, plan.createdAt) },
    ],
    width,
    style,
  );
}

/** `91 to 152 days old, kept for 90 days`. */
function whyText(members: readonly PlanItem[], at: Date): string {
  const reason = (members[0] as PlanItem).reason;
  const rest = withoutAge(reason);
  if (rest === reason || members.length === 1) return reason;
  const ages = members.map(({ partition }) => Math.floor((at.getTime() - partition.to.getTime()) / DAY_MS));
  return `${formatCount(Math.min(...ages))} to ${daysText(Math.max(...ages))} old, ${rest}`;
}

function stays(groups: readonly PlanGroup<KeptRows>[], { width, style }: PlanView): string {
  const held = ({ members }: PlanGroup<KeptRows>): readonly string[] => members[0]?.holdIds ?? [];
  const table = renderTable(
    groups,
    [
      ...sharedColumns<KeptRows>(),
      { title: "UNTIL", value: ({ members }) => untilText(members), fixed: true },
      {
        title: "WHY",
        value: ({ members }) => members[0]?.reason,
        style: (one) => (held(one).length > 0 ? style.yellow : (text) => text),
      },
    ],
    width,
    style,
  );
  return table + holdLines(groups, style);
}

/** Ids are what a hold is released by: a column that is cut to fit would not do. */
function holdLines(groups: readonly PlanGroup<KeptRows>[], style: Style): string {
  const ids = new Set(groups.flatMap(({ members }) => members[0]?.holdIds ?? []));
  return [...ids].map((id) => `${style.yellow("hold")} ${id}\n`).join("");
}

function untilText(members: readonly KeptRows[]): string {
  const [first, last] = [members[0]?.until, members.at(-1)?.until];
  if (first === undefined || last === undefined) return "no date";
  return first.getTime() === last.getTime() ? formatDay(first) : `${formatDay(first)} to ${formatDay(last)}`;
}

function sharedColumns<T>(): Column<PlanGroup<T>>[] {
  return [
    { title: "DATA", value: ({ dataset }) => dataset, fixed: true },
    { title: "FROM", value: ({ from }) => formatDay(from), fixed: true },
    { title: "TO", value: ({ to }) => formatDay(to), fixed: true },
    { title: "PARTITIONS", value: ({ partitions }) => formatCount(partitions), align: "right", fixed: true },
    { title: "ROWS", value: ({ rows }) => formatCount(rows), align: "right", fixed: true },
    { title: "BYTES", value: ({ bytes }) => formatBytes(bytes), align: "right", fixed: true },
  ];
}

function unfinished({ unfinished: archives }: RetentionPlan, { width, style, now }: PlanView): string {
  return renderTable(
    archives,
    [
      { title: "ARCHIVE", value: ({ archiveId }) => archiveId, fixed: true },
      { title: "FROM", value: ({ from }) => formatDay(from), fixed: true },
      { title: "TO", value: ({ to }) => formatDay(to), fixed: true },
      { title: "ROWS", value: ({ rows }) => formatCount(rows), align: "right", fixed: true },
      { title: "BEGUN", value: ({ startedAt }) => formatRelative(startedAt, now), fixed: true },
      {
        title: "A RUN WILL",
        value: ({ state }) =>
          state === "writing" ? "remove the attempt and write it anew" : "verify the files, then drop the rows",
      },
      { title: "WHERE", value: ({ url }) => url },
    ],
    width,
    style,
  );
}

/** The bottom line: what leaves the store and what stays. */
export function renderPlanTotals(totals: PlanTotals, style: Style): string {
  const { archive, drop, compress, kept, held } = totals;
  const rows = archive.rows + drop.rows;
  const leaving =
    rows === 0
      ? "nothing leaves the store"
      : `${rowsText(rows)} (about ${formatBytes(archive.bytes + drop.bytes)}) leave the store: ${[
          ...(archive.rows === 0 ? [] : [`${formatCount(archive.rows)} archived`]),
          ...(drop.rows === 0 ? [] : [`${formatCount(drop.rows)} dropped for good`]),
        ].join(", ")}`;
  const lines = [
    leaving,
    ...(compress.partitions === 0
      ? []
      : [`${partitionsText(compress.partitions)} (${formatBytes(compress.bytes)}) to be compressed in place`]),
    `${rowsText(kept.rows)} (about ${formatBytes(kept.bytes)}) stay${
      held.rows === 0 ? "" : `, ${formatCount(held.rows)} of them under legal hold`
    }`,
  ];
  return lines.map((line, index) => `${index === 0 ? style.bold("Total") : "     "}  ${line}\n`).join("");
}
