import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { bucketCounts } from "../../charts/buckets.js";
import { Timeline, type View } from "../../charts/timeline.js";
import { CopyEventsAs } from "../../parts/copy-as.js";
import { Icon } from "../../parts/icons.js";
import { Empty, Problem } from "../../parts/states.js";
import { WiderRange } from "../../parts/wider-range.js";
import { EventWindow } from "../../rows/event-window.js";
import type { Query } from "../../server/client.js";
import { useSummary } from "../../server/summary.js";
import { MOST_WAITING, Tail } from "../../server/tail.js";
import type { EventRow } from "../../server/wire.js";
import { plural } from "../../text/format.js";
import { conditionQuery, conditions, filterQuery } from "../../url/filter.js";
import { param, setParams } from "../../url/location.js";
import { bucketFor, iso, range, refreshNow, zone } from "../../url/range.js";
import { EventDrawer, eventKey } from "./event-drawer.js";
import { EventGrid } from "./event-grid.js";
import { Facets } from "./facets.js";
import { FilterBar } from "./filter-bar.js";

/** The log: rows, where they lie in time, and what they have in common. */
export default function Events(): JSX.Element {
  const tail = useMemo(() => new Tail(), []);
  const view = useSignal<View>(undefined);
  const query = filterQuery.value;
  const at = param("at") === "" ? undefined : param("at");
  const open = param("event") === "" ? undefined : param("event");
  const live = param("live") === "1";
  const listKey = JSON.stringify([query, at]);
  // Begun before it is drawn, since the rows are there already or on their way.
  const begun = useRef("");
  const list = useMemo(() => {
    begun.current = listKey;
    const made = new EventWindow();
    void made.start(query, at);
    return made;
  }, []);
  useLayoutEffect(() => {
    if (begun.current === listKey) return;
    begun.current = listKey;
    document.getElementById("events")?.scrollTo(0, 0);
    void list.start(query, at);
  }, [listKey]);
  useEffect(() => () => list.stop(), []);

  const liveKey = live ? JSON.stringify(conditionQuery.value) : undefined;
  useEffect(() => {
    if (liveKey === undefined) return;
    tail.start(conditionQuery.value);
    return () => tail.stop();
  }, [liveKey]);

  // Rows first: what matches is counted when its first rows are painted, so that a key that is pressed meanwhile waits for less.
  const counting = useSignal<Query | undefined>(undefined);
  const isAnswered = list.ready.value || list.error.value !== undefined;
  useEffect(() => {
    // What this was drawn with may be of the list before, which has begun anew since.
    if (list.ready.peek() || list.error.peek() !== undefined) counting.value = query;
  }, [isAnswered, listKey]);
  const bucket = bucketFor(range.value);
  const summary = useSummary(
    counting.value === undefined ? undefined : { ...counting.value, every: bucket.every, groupBy: "decision" },
  );

  const showWaiting = (): void => {
    const isIncomplete = tail.missed.value || tail.count.value > MOST_WAITING;
    const rows = tail.take();
    // Rows in between are not here, so the list begins anew at now.
    if (isIncomplete || at !== undefined || range.value.name === undefined) {
      refreshNow();
      setParams({ at: undefined });
    } else list.prepend(rows);
    document.getElementById("events")?.scrollTo(0, 0);
  };

  const counted = summary.data.value;
  const total = counted?.items.reduce((sum, { count }) => sum + count, 0);
  // Most pages of rows that come change nothing but the list.
  const isEmpty = useComputed(() => list.ready.value && list.rows.value.length === 0);
  const facetsShown = param("panel") === "facets";
  return (
    <div class={`screen events${open === undefined ? "" : " with-drawer"}${facetsShown ? " with-facets" : ""}`}>
      <div class="facet-panel">
        <Facets counting={counting} />
      </div>
      <section class="list" aria-label="Events">
        <div class="list-head">
          <button
            type="button"
            class="facet-switch"
            aria-pressed={facetsShown}
            onClick={() => setParams({ panel: facetsShown ? undefined : "facets" }, "replace")}
          >
            <Icon name="filter" /> Facets
          </button>
          <FilterBar rows={list.rows} />
          <span class="total" role="status">
            {total !== undefined && `${counted?.lowerBound === true ? "≥ " : ""}${plural(total, "event")}`}
          </span>
          <button
            type="button"
            class={live ? "live on" : "live"}
            aria-pressed={live}
            title="Follow new events (l)"
            onClick={() => setParams({ live: live ? undefined : "1" }, "replace")}
          >
            <span class="live-mark" aria-hidden="true" />{" "}
            {live && tail.state.value === "connecting" ? "Connecting" : "Live"}
          </button>
          <CopyEventsAs />
        </div>
        {list.error.value !== undefined && (
          <Problem error={list.error.value} onRetry={() => void list.start(query, at)} />
        )}
        {isEmpty.value ? (
          <NoEvents />
        ) : (
          <div class={list.ready.value ? "grid-area" : "grid-area stale"}>
            <Waiting tail={tail} onShow={showWaiting} />
            <EventGrid
              window={list}
              open={open?.split("~")[1]}
              onOpen={(row) => setParams({ event: eventKey(row) }, open === undefined ? "push" : "replace")}
              onView={(newest, oldest) => {
                const next = viewOf(newest, oldest);
                const last = view.peek();
                if (next?.newest !== last?.newest || next?.oldest !== last?.oldest) view.value = next;
              }}
            />
            {counted !== undefined && (
              <Timeline
                buckets={bucketCounts(counted, range.value.from, range.value.to, bucket.ms)}
                from={range.value.from}
                to={range.value.to}
                bucketMs={bucket.ms}
                zone={zone.value}
                view={view}
                onJump={(before) => setParams({ at: before >= range.value.to ? undefined : iso(before) }, "replace")}
              />
            )}
          </div>
        )}
      </section>
      {open !== undefined && <EventDrawer of={open} onClose={() => closeDrawer()} />}
    </div>
  );
}

function closeDrawer(): void {
  setParams({ event: undefined });
  document.getElementById("events")?.focus();
}

function viewOf(newest: EventRow | undefined, oldest: EventRow | undefined): View {
  if (newest === undefined || oldest === undefined) return undefined;
  return { newest: Date.parse(newest.ts), oldest: Date.parse(oldest.ts) };
}

/** Says how many rows came, rather than moving those that are read; to screen readers at most every ten seconds. */
function Waiting({ tail, onShow }: { readonly tail: Tail; readonly onShow: () => void }): JSX.Element | null {
  const spoken = useSignal("");
  useEffect(() => {
    const timer = setInterval(() => {
      spoken.value = tail.count.value === 0 ? "" : plural(tail.count.value, "new event");
    }, 10_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <span class="unseen" role="status">
        {spoken.value}
      </span>
      {(tail.missed.value || tail.count.value > 0) && (
        <button type="button" class="waiting-rows" onClick={onShow}>
          {tail.missed.value ? "Newer events may be missing" : plural(tail.count.value, "new event")} ↑
        </button>
      )}
    </>
  );
}

function NoEvents(): JSX.Element {
  const filtered = conditions.value.length > 0;
  return (
    <div class="empty">
      <p>{filtered ? "No event matches in this time." : "No events in this time."}</p>
      <WiderRange />
      {!filtered && <Empty command="aasm demo">A store to look at is made by</Empty>}
    </div>
  );
}
