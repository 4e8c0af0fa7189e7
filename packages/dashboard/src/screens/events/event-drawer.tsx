import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CopyAs } from "../../parts/copy-as.js";
import { Decision } from "../../parts/decision.js";
import { Icon } from "../../parts/icons.js";
import { JsonRaw, JsonTree } from "../../parts/json-tree.js";
import { Loaded } from "../../parts/states.js";
import { Fields, Id } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { WholeEvent } from "../../server/wire.js";
import { duration, fullTime } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { type FilterKey, isFiltered, toggled } from "../../url/filter.js";
import { linkTo, linkWith } from "../../url/location.js";
import { zone } from "../../url/range.js";
import { EventEvidence } from "./event-evidence.js";

/** The key of an event, as the URL has it: `2026-11-30T12:00:00.000Z~UUID`. */
export function eventKey({ ts, eventId }: { readonly ts: string; readonly eventId: string }): string {
  return `${ts}~${eventId}`;
}

/** One event in full, beside the list. The list keeps the focus, so that its keys go on working. */
export function EventDrawer({ of, onClose }: { readonly of: string; readonly onClose: () => void }): JSX.Element {
  const [ts = "", eventId = ""] = of.split("~");
  const path = `events/${encodeURIComponent(ts)}/${encodeURIComponent(eventId)}`;
  const event = useResource(path, (signal) => get<WholeEvent>(path, {}, signal));
  const top = useRef<HTMLElement>(null);
  useEffect(() => {
    top.current?.scrollTo(0, 0);
  }, [of]);
  return (
    <aside ref={top} class="drawer" aria-label="Event" tabIndex={-1}>
      <header>
        <h2>Event</h2>
        <Id value={eventId} />
        <span class="spacer" />
        <CopyAs curl={asCurl(path)} aasm={`aasm audit query --event-id ${eventId} --from ${ts}`} />
        <button type="button" class="bare" aria-label="Close" title="Close (Esc)" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <Loaded from={event}>{(data) => <Details event={data} />}</Loaded>
      {/* The evidence of one event is never shown beside another one. */}
      {event.data.value !== undefined && <EventEvidence key={path} path={path} eventId={eventId} />}
    </aside>
  );
}

function Details({ event }: { readonly event: WholeEvent }): JSX.Element {
  const raw = useSignal(false);
  const late = Date.parse(event.recordedAt) - Date.parse(event.ts);
  const text = (key: FilterKey, value: string | undefined): ComponentChildren =>
    value === undefined ? undefined : <Filterable of={key} value={value} />;
  const fields: readonly (readonly [string, ComponentChildren])[] = [
    ["time", fullTime(Date.parse(event.ts), zone.value)],
    ["recorded", `${late < 0 ? "before it happened" : `${duration(late)} later`}`],
    ["decision", <Filterable key="d" of="decision" value={event.decision} />],
    ["shadow decision", text("shadowDecision", event.shadowDecision)],
    ["dry run", event.dryRun ? "yes, not carried out" : undefined],
    ["action", text("action", event.action)],
    ["agent", text("agentId", event.agentId)],
    ["team", text("teamId", event.teamId)],
    ["org", text("orgId", event.orgId)],
    ["rule", text("matchedRuleId", event.matchedRuleId)],
    ["session", text("sessionId", event.sessionId)],
    ["trace", text("traceId", event.traceId)],
  ];
  return (
    <>
      <Fields of={fields.filter(([, value]) => value !== undefined)} />
      <nav class="related" aria-label="Related">
        {event.sessionId !== undefined && (
          <a href={linkTo("session", { session: event.sessionId, event: eventKey(event) })}>Same session</a>
        )}
        {event.traceId !== undefined && (
          <a href={linkTo("session", { trace: event.traceId, event: eventKey(event) })}>Same trace</a>
        )}
        <a href={linkTo("agents", { agent: event.agentId })}>Agent</a>
        <a href={linkTo("evidence", {})}>Evidence</a>
      </nav>
      <section aria-label="Payload">
        <header class="section-head">
          <h3>Payload</h3>
          {event.payload !== undefined && (
            <button
              type="button"
              class="link"
              aria-pressed={raw.value}
              onClick={() => {
                raw.value = !raw.value;
              }}
            >
              {raw.value ? "tree" : "raw"}
            </button>
          )}
        </header>
        {event.payload === undefined && <p class="none">none</p>}
        {event.payload !== undefined &&
          (raw.value ? <JsonRaw value={event.payload} /> : <JsonTree value={event.payload} label="Payload" />)}
      </section>
    </>
  );
}

function Filterable({ of, value }: { readonly of: FilterKey; readonly value: string }): JSX.Element {
  const on = isFiltered(of, value);
  return (
    <>
      <span class="value">{of === "decision" ? <Decision value={value} /> : visible(value)}</span>
      <a class="action" href={linkWith(toggled(of, value))}>
        {on ? "unfilter" : "filter"}
      </a>
    </>
  );
}
