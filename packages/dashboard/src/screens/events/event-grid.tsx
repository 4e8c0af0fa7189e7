import { useSignal } from "@preact/signals";
import { Component, type JSX } from "preact";
import { useRef } from "preact/hooks";
import { Decision } from "../../parts/decision.js";
import { At } from "../../parts/values.js";
import type { EventWindow } from "../../rows/event-window.js";
import { ROW_HEIGHT, VirtualRows } from "../../rows/virtual-rows.js";
import type { EventRow } from "../../server/wire.js";
import { delay, duration } from "../../text/format.js";
import { shortEnd, visible } from "../../text/visible.js";
import { whatOf } from "../../text/what.js";

/** Events that arrived later than this after they happened are marked, in milliseconds. */
const LATE_MS = 60_000;

const COLUMNS = ["Time", "Decision", "Agent", "Action", "Tool", "Arguments", "Rule", "Session"];

/** Properties of {@link EventGrid}. */
export interface EventGridProps {
  readonly window: EventWindow;
  /** The event that is open, by its id. */
  readonly open: string | undefined;
  readonly onOpen: (row: EventRow) => void;
  readonly onView: (newest: EventRow | undefined, oldest: EventRow | undefined) => void;
}

/** Events as rows. The focus is the grid's; which row it is on stays when rows come and go. */
export function EventGrid({ window, open, onOpen, onView }: EventGridProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const active = useSignal<string | undefined>(undefined);
  const rows = window.rows.value;
  const current = active.value ?? open;

  const select = (index: number): EventRow | undefined => {
    const row = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    const box = scroller.current;
    if (row === undefined || box === null) return undefined;
    active.value = row.eventId;
    const top = rows.indexOf(row) * ROW_HEIGHT;
    const inside = box.clientHeight - 2 * ROW_HEIGHT;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top > box.scrollTop + inside) box.scrollTop = top - inside;
    return row;
  };

  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.findIndex(({ eventId }) => eventId === current);
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: page,
      PageUp: -page,
      Home: -rows.length,
      End: rows.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      const row = select(at < 0 && step > 0 ? step - 1 : at + step);
      // With an open drawer, the next event opens as well.
      if (open !== undefined && row !== undefined) onOpen(row);
    } else if (event.key === "Enter" && at >= 0) onOpen(rows[at] as EventRow);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const rowOf = (index: number): JSX.Element => {
    const row = rows[index] as EventRow;
    const { eventId } = row;
    return <Row key={eventId} event={row} index={index} active={eventId === current} open={eventId === open} />;
  };

  return (
    <VirtualRows
      scroller={scroller}
      count={rows.length}
      offset={window.offset.value}
      row={rowOf}
      onView={(first, last) => onView(rows[first], rows[last])}
      onNear={(end) => void window.more(end)}
      head={
        <div class="row head" role="row" aria-rowindex={1}>
          {COLUMNS.map((name) => (
            <div key={name} class={`cell c-${name.toLowerCase()}`} role="columnheader">
              {name}
            </div>
          ))}
        </div>
      }
      attributes={{
        class: "grid",
        id: "events",
        role: "grid",
        tabIndex: 0,
        "aria-label": "Events, newest first",
        "aria-rowcount": -1,
        "aria-busy": window.loading.value === "start",
        ...(current === undefined || !rows.some(({ eventId }) => eventId === current)
          ? {}
          : { "aria-activedescendant": `row-${current}` }),
        onKeyDown: keys,
        onClick: (event: MouseEvent) => {
          const element = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
          const row = rows[Number(element?.dataset.index ?? -1)];
          if (row === undefined) return;
          active.value = row.eventId;
          onOpen(row);
        },
      }}
    />
  );
}

interface RowProps {
  readonly event: EventRow;
  readonly index: number;
  readonly active: boolean;
  readonly open: boolean;
}

/** One row. While the list is scrolled most rows stay as they are, and are not compared again. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: Readonly<RowProps>): boolean {
    const { event, index, active, open } = this.props;
    return next.event !== event || next.index !== index || next.active !== active || next.open !== open;
  }

  override render({ event, index, active, open }: RowProps): JSX.Element {
    return <Cells event={event} index={index} active={active} open={open} />;
  }
}

function Cells({ event, index, active, open }: RowProps): JSX.Element {
  const late = Date.parse(event.recordedAt) - Date.parse(event.ts);
  return (
    <div
      id={`row-${event.eventId}`}
      class={`row${active ? " active" : ""}${open ? " open" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      data-index={index}
    >
      <div class="cell c-time" role="gridcell">
        <At at={event.ts} />
        {late > LATE_MS && (
          <span class="late" title={`Arrived ${duration(late)} after it happened`}>
            {delay(late)}
          </span>
        )}
      </div>
      <div class="cell c-decision" role="gridcell">
        <Decision value={event.decision} />
        {event.dryRun && <span class="tag">dry</span>}
      </div>
      <div class="cell c-agent" role="gridcell" title={visible(event.agentId)}>
        {visible(event.agentId)}
      </div>
      <div class="cell c-action" role="gridcell">
        {visible(event.action)}
      </div>
      <div class="cell c-tool" role="gridcell">
        {event.tool === undefined ? <span class="none">{visible(whatOf(event))}</span> : visible(event.tool)}
      </div>
      <div class="cell c-arguments" role="gridcell">
        {visible(event.preview ?? "")}
      </div>
      <div class="cell c-rule" role="gridcell">
        {visible(event.matchedRuleId ?? "")}
      </div>
      <div class="cell c-session" role="gridcell" title={visible(event.sessionId ?? "")}>
        {visible(shortEnd(event.sessionId ?? ""))}
      </div>
    </div>
  );
}
