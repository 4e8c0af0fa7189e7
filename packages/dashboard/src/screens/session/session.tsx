import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CopyAs } from "../../parts/copy-as.js";
import { Decision, decisionTone } from "../../parts/decision.js";
import { Empty, Loaded } from "../../parts/states.js";
import { copyText } from "../../parts/toast.js";
import { Id } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { EventRow, PageOf } from "../../server/wire.js";
import { duration, fullTime, plural } from "../../text/format.js";
import { cut, visible } from "../../text/visible.js";
import { whatOf } from "../../text/what.js";
import { asCurl } from "../../url/copy-as.js";
import { linkTo, param, setParams } from "../../url/location.js";
import { zone } from "../../url/range.js";
import { EventDrawer, eventKey } from "../events/event-drawer.js";
import { sessionReport } from "./report.js";

/** Events of a session that are shown. */
const MOST = 1000;
/** A pause longer than this is named, in milliseconds. */
const GAP_MS = 60_000;

/** The events of one session or one trace, oldest first, with the time between them. */
export default function Session(): JSX.Element {
  const by = param("trace") === "" ? "session" : "trace";
  const id = param(by);
  const query = { [by === "trace" ? "traceId" : "sessionId"]: id, order: "oldest", limit: MOST };
  const found = useResource(id === "" ? undefined : JSON.stringify(query), (signal) =>
    get<PageOf<EventRow>>("events", query, signal),
  );
  const open = param("event");
  if (id === "") return <FindSession />;
  return (
    <div class={open === "" ? "screen session" : "screen session with-drawer"}>
      <section class="list" aria-label="Events of the session">
        <Loaded from={found}>
          {({ items, next }) => (
            <>
              <div class="screen-head">
                <h2>{by === "trace" ? "Trace" : "Session"}</h2> <Id value={id} />
                <span class="none">{summaryOf(items)}</span>
                <span class="spacer" />
                <button
                  type="button"
                  onClick={() => void copyText(sessionReport(by, id, items), "Report copied as Markdown")}
                >
                  Copy report
                </button>
                <CopyAs
                  curl={asCurl("events", query)}
                  aasm={`aasm audit query --${by} '${id.replaceAll("'", `'\\''`)}' --order oldest`}
                />
              </div>
              {items.length === 0 && <Empty>No event is of this {by}.</Empty>}
              <Axis events={items} open={open} />
              {next !== undefined && (
                <p class="none">
                  These are the first {MOST}.{" "}
                  <a href={linkTo("events", { [by === "trace" ? "traceId" : "sessionId"]: id })}>All in Events</a>
                </p>
              )}
            </>
          )}
        </Loaded>
      </section>
      {open !== "" && (
        <EventDrawer
          of={open}
          onClose={() => {
            setParams({ event: undefined });
            document.getElementById("steps")?.focus();
          }}
        />
      )}
    </div>
  );
}

function summaryOf(events: readonly EventRow[]): string {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return "";
  const denied = events.filter(({ decision }) => decision === "deny").length;
  const took = duration(Date.parse(last.ts) - Date.parse(first.ts));
  return `${plural(events.length, "event")} in ${took}${denied > 0 ? `, ${denied} denied` : ""}`;
}

function Axis({ events, open }: { readonly events: readonly EventRow[]; readonly open: string }): JSX.Element {
  const list = useRef<HTMLOListElement>(null);
  const start = Date.parse(events[0]?.ts ?? "");
  const length = Math.max(1, Date.parse(events.at(-1)?.ts ?? "") - start);
  const at = events.findIndex((event) => eventKey(event) === open);
  const step = (by: number): void => {
    const next = events[at < 0 ? 0 : Math.min(Math.max(at + by, 0), events.length - 1)];
    if (next !== undefined) setParams({ event: eventKey(next) }, open === "" ? "push" : "replace");
  };
  useEffect(() => {
    list.current?.querySelector(".open")?.scrollIntoView({ block: "nearest" });
  }, [open]);
  useEffect(() => list.current?.focus(), []);
  return (
    <ol
      ref={list}
      id="steps"
      class="steps"
      tabIndex={0}
      role="listbox"
      aria-label="Steps, oldest first"
      {...(at < 0 ? {} : { "aria-activedescendant": `step-${at}` })}
      onKeyDown={(event) => {
        const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -events.length, End: events.length }[event.key];
        if (by !== undefined) step(by);
        else if (event.key === "Escape" && open !== "") setParams({ event: undefined });
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {events.map((event, index) => {
        const time = Date.parse(event.ts);
        const before = index === 0 ? time : Date.parse((events[index - 1] as EventRow).ts);
        const gap = time - before;
        const next = Date.parse(events[index + 1]?.ts ?? event.ts);
        const left = ((time - start) / length) * 100;
        const isCall = event.action === "tool_call";
        const width = isCall ? Math.max(0.6, Math.min(((next - time) / length) * 100, 100 - left)) : 0;
        return (
          <li
            key={event.eventId}
            id={`step-${index}`}
            role="option"
            aria-selected={index === at}
            class={index === at ? "step open" : "step"}
            onClick={() => setParams({ event: eventKey(event) })}
          >
            <span class={gap > GAP_MS ? "step-gap long" : "step-gap"} title={fullTime(time, zone.value)}>
              {index === 0 ? fullTime(time, zone.value).slice(11, 19) : `+${duration(gap)}`}
            </span>
            <Decision value={event.decision} />
            <span class="step-name">{visible(whatOf(event))}</span>
            <span class="step-arguments">{visible(cut(event.preview ?? "", 120))}</span>
            <span class="step-axis" aria-hidden="true">
              <span
                class={`step-bar ${decisionTone(event.decision)}${isCall ? "" : " mark"}`}
                style={{ left: `${Math.min(left, 99)}%`, width: isCall ? `${width}%` : "" }}
              />
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function FindSession(): JSX.Element {
  return (
    <div class="screen">
      <form
        class="find"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          setParams({ [String(form.get("by"))]: String(form.get("id")).trim() });
        }}
      >
        <label class="field">
          <span>Session or trace</span>
          <input name="id" required autocomplete="off" spellcheck={false} />
        </label>
        <select name="by" aria-label="Kind of id">
          <option value="session">session</option>
          <option value="trace">trace</option>
        </select>
        <button type="submit" class="primary">
          Show
        </button>
      </form>
      <Empty>Open an event and choose “Same session”, or paste an id here.</Empty>
    </div>
  );
}
