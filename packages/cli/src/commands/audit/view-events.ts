import type { AuditEvent } from "@agent-assembly/storage-core";
import {
  AUDIT_EVENT_COLUMNS,
  type AuditEventColumn,
  OPTIONAL_TEXT_MEMBERS,
  type OptionalTextMember,
  toolOf,
} from "@agent-assembly/storage-core/backend";
import { labelWords } from "../../args/event-labels.js";
import { escapeText } from "../../terminal/escape.js";
import { formatRelative, formatSecond, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import type { Style } from "../../terminal/style.js";
import { type Column, type Field, renderFields, renderTable } from "../../terminal/table.js";
import { pad, truncate } from "../../terminal/truncate.js";
import { actorOf, changeText } from "./governance-text.js";

type OptionalColumn = Extract<AuditEventColumn, { member: OptionalTextMember }>;

/** The most telling first: a narrow terminal has no room for the last ones. */
const TELLING: readonly string[] = ["matchedRuleId", "shadowDecision", "sessionId", "teamId"];
const OPTIONAL_COLUMNS = AUDIT_EVENT_COLUMNS.filter((column): column is OptionalColumn =>
  OPTIONAL_TEXT_MEMBERS.some((member) => member === column.member),
).sort((a, b) => rank(a) - rank(b));

function rank({ member }: OptionalColumn): number {
  const place = TELLING.indexOf(member);
  return place === -1 ? TELLING.length : place;
}

/** Events as a table, most telling columns first. */
export function renderEvents(
  events: readonly AuditEvent[],
  width: number | undefined,
  style: Style,
  now: number,
): string {
  const columns: Column<AuditEvent>[] = [
    { title: "TIME", value: (event) => formatSecond(event.ts), fixed: true },
    { title: "AGO", value: (event) => formatRelative(event.ts, now), fixed: true, style: () => style.dim },
    { title: "AGENT", value: (event) => event.agentId },
    { title: "ACTION", value: (event) => event.action },
    {
      title: "DECISION",
      value: (event) => (event.dryRun ? `${event.decision} (dry run)` : event.decision),
      style: (event) => decisionStyle(style, event.decision),
    },
    { title: "TOOL", value: (event) => toolOf(event.payload) ?? undefined },
    { title: "CHANGE", value: changeText },
    { title: "BY", value: actorOf },
    ...OPTIONAL_COLUMNS.map(({ member, label }) => ({
      title: labelWords(label, " ").toUpperCase(),
      value: (event: AuditEvent) => event[member],
    })),
  ];
  return renderTable(events, columns, width, style);
}

/** All there is of one event; the payload as indented JSON below. */
export function renderEvent(event: AuditEvent, now: number, style: Style): string {
  const fields = renderFields(
    [
      ["event id", event.eventId],
      ...AUDIT_EVENT_COLUMNS.flatMap((column): Field[] => {
        if (column.type !== "timestamp" && (column.type !== "text" || column.member === "tool")) return [];
        return [[labelWords(column.label, " "), fieldText(event, column.member, now)]];
      }),
      ["payload", event.payload === undefined ? "none" : undefined],
    ],
    style,
  );
  if (event.payload === undefined) return fields;
  return `${fields}\n${formatJson(event.payload)}\n`;
}

function fieldText(
  event: AuditEvent,
  member: Exclude<keyof AuditEvent, "dryRun" | "payload">,
  now: number,
): string | undefined {
  const value = event[member];
  if (value instanceof Date) return `${formatTime(value)} (${formatRelative(value, now)})`;
  return member === "decision" && event.dryRun ? `${value} (dry run)` : value;
}

/** A decision in the colour of its meaning. */
function decisionStyle(style: Style, decision: string): (text: string) => string {
  if (decision === "deny" || decision === "error") return style.red;
  if (decision === "allow") return style.green;
  return style.yellow;
}

/**
 * One event on one line, for a list that grows: the columns cannot wait for all rows to be known.
 * @param width columns of the terminal; `undefined` when there is none, which leaves every value whole
 */
export function renderEventLine(event: AuditEvent, width: number | undefined, style: Style): string {
  const decision = event.dryRun ? `${event.decision} (dry run)` : event.decision;
  const cell = (text: string, size: number): string => {
    const safe = escapeText(text);
    return pad(width === undefined ? safe : truncate(safe, size), size, "left");
  };
  const head = `${formatTime(event.ts)}  ${cell(event.agentId, 16)}  ${cell(event.action, 15)}  `;
  const decided = cell(decision, 15);
  const details = [toolOf(event.payload), changeText(event), actorOf(event), event.matchedRuleId, event.sessionId]
    .filter((text) => text !== undefined && text !== null)
    .map((text) => escapeText(text))
    .join("  ");
  const room = width === undefined ? undefined : Math.max(1, width - head.length - decided.length - 2);
  const tail = room === undefined ? details : truncate(details, room);
  return `${head}${decisionStyle(style, event.decision)(decided)}  ${tail}`.trimEnd().concat("\n");
}
