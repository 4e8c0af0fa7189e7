import { decisionTone } from "../../parts/decision.js";
import type { DrawnRow } from "../../rows/drawn-rows.js";
import type { EventRow } from "../../server/wire.js";
import { delay, duration, fullTime, relative, rowTime, type Zone } from "../../text/format.js";
import { shortEnd, visible } from "../../text/visible.js";
import { whatOf } from "../../text/what.js";

/** Events that arrived later than this after they happened are marked, in milliseconds. */
const LATE_MS = 60_000;

/** What rows show beside their events. */
export interface RowLook {
  readonly zone: Zone;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The event that the focus is on, and the one that is open, by their ids. */
  readonly active: string | undefined;
  readonly open: string | undefined;
}

/** Texts that no column is too narrow for, in any font. */
const SHORT = /^[\da-z_.:-]{0,8}$/;

/** Names of the columns, in lower case as their cells' classes have them. */
export const COLUMNS = ["time", "decision", "agent", "action", "tool", "arguments", "rule", "session"] as const;

// A copy of a row is made faster than a row.
let pattern: HTMLElement | undefined;

function makePattern(): HTMLElement {
  const row = element("div", "row", "row");
  for (const name of COLUMNS) row.append(element("div", `cell c-${name}`, "gridcell"));
  const [time, decision, ...others] = [...row.children] as HTMLElement[];
  time?.append(element("time"), element("span", "late"));
  decision?.append(element("span", "decision"), element("span", "tag"));
  time?.classList.add("whole");
  for (const words of row.querySelectorAll("time, span")) words.append("");
  for (const other of others) other.append("");
  return row;
}

function element(tag: string, name?: string, role?: string): HTMLElement {
  const made = document.createElement(tag);
  if (name !== undefined) made.className = name;
  if (role !== undefined) made.setAttribute("role", role);
  return made;
}

/** One event in the list, made of text nodes. */
export class DrawnEvent implements DrawnRow<EventRow> {
  readonly element: HTMLElement;
  readonly #look: () => RowLook;
  readonly #cells: readonly HTMLElement[];
  readonly #time: HTMLElement;
  readonly #late: HTMLElement;
  readonly #decision: HTMLElement;
  readonly #dry: HTMLElement;

  /** @param look read whenever the row is filled */
  constructor(look: () => RowLook) {
    pattern ??= makePattern();
    this.element = pattern.cloneNode(true) as HTMLElement;
    this.#look = look;
    this.#cells = [...this.element.children] as HTMLElement[];
    const [time, decision] = this.#cells as [HTMLElement, HTMLElement];
    [this.#time, this.#late] = [...time.children] as [HTMLElement, HTMLElement];
    [this.#decision, this.#dry] = [...decision.children] as [HTMLElement, HTMLElement];
    write(this.#dry, "dry");
  }

  move(index: number): void {
    this.element.setAttribute("aria-rowindex", String(index + 2));
    this.element.dataset.index = String(index);
  }

  fill(event: EventRow, index: number): void {
    const { zone, now, active, open } = this.#look();
    const { eventId, ts, agentId, action, decision, tool, preview = "", matchedRuleId = "", sessionId = "" } = event;
    const isActive = eventId === active;
    this.element.id = `row-${eventId}`;
    this.element.className = `row${isActive ? " active" : ""}${eventId === open ? " open" : ""}`;
    this.element.setAttribute("aria-selected", String(isActive));
    this.move(index);

    const at = Date.parse(ts);
    this.#time.setAttribute("datetime", ts);
    this.#time.title = timeTitle(at, zone, now);
    write(this.#time, rowTime(at, zone, now));
    const late = Date.parse(event.recordedAt) - at;
    this.#late.hidden = late <= LATE_MS;
    if (late > LATE_MS) {
      this.#late.title = `Arrived ${duration(late)} after it happened`;
      write(this.#late, delay(late));
    }
    const tone = decisionTone(decision);
    this.#decision.className = `decision ${tone}`;
    this.#cells[1]?.classList.toggle("whole", tone === decision && !event.dryRun);
    write(this.#decision, visible(decision));
    this.#dry.hidden = !event.dryRun;
    this.#write("agent", agentId).title = visible(agentId);
    this.#write("action", action);
    this.#write("tool", tool ?? whatOf(event)).classList.toggle("none", tool === undefined);
    this.#write("arguments", preview);
    this.#write("rule", matchedRuleId);
    this.#write("session", shortEnd(sessionId)).title = visible(sessionId);
  }

  #write(column: (typeof COLUMNS)[number], text: string): HTMLElement {
    const cell = this.#cells[COLUMNS.indexOf(column)] as HTMLElement;
    write(cell, visible(text));
    cell.classList.toggle("whole", SHORT.test(text));
    return cell;
  }
}

/** What is said of a time on hover. */
export function timeTitle(at: number, zone: Zone, now: number): string {
  return `${fullTime(at, zone)}, ${relative(at, now)}`;
}

/** Into the one text node of an element. */
function write(into: HTMLElement, text: string): void {
  const node = into.firstChild as Text;
  if (node.data !== text) node.data = text;
}
