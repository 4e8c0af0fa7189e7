import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { EventWindow } from "../../rows/event-window.js";
import { ROW_HEIGHT } from "../../rows/rows-in-view.js";
import { VirtualRows } from "../../rows/virtual-rows.js";
import type { EventRow } from "../../server/wire.js";
import { dayOf } from "../../text/format.js";
import { now, zone } from "../../url/range.js";
import { COLUMNS, DrawnEvent, type RowLook, timeTitle } from "./drawn-event.js";

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
  const busy = useComputed(() => window.loading.value === "start");
  // Rows name the day where it is not today's; otherwise they stay as they are while time passes.
  const today = useComputed(() => dayOf(now.value, zone.value));
  const rows = window.rows.value;
  const current = active.value ?? open;
  const look = useRef<RowLook>({ zone: zone.value, now: now.peek(), active: current, open });
  look.current = { zone: zone.value, now: now.peek(), active: current, open };

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

  return (
    <VirtualRows
      scroller={scroller}
      items={rows}
      offset={window.offset.value}
      make={() => new DrawnEvent(() => look.current)}
      look={JSON.stringify([zone.value, today.value, current, open])}
      onView={(first, last) => onView(rows[first], rows[last])}
      onNear={(end) => void window.more(end)}
      head={
        <div class="row head" role="row" aria-rowindex={1}>
          {COLUMNS.map((name) => (
            <div key={name} class={`cell c-${name}`} role="columnheader">
              {name.charAt(0).toUpperCase() + name.slice(1)}
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
        "aria-busy": busy.value,
        ...(current === undefined || !rows.some(({ eventId }) => eventId === current)
          ? {}
          : { "aria-activedescendant": `row-${current}` }),
        onKeyDown: keys,
        onPointerOver: ({ target }: PointerEvent) => {
          // How long ago it was is told as of now.
          if (target instanceof HTMLTimeElement) {
            target.title = timeTitle(Date.parse(target.dateTime), zone.peek(), now.peek());
          }
        },
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
