import type { JSX } from "preact";
import { bucketCounts } from "../../charts/buckets.js";
import { Columns } from "../../charts/columns.js";
import { CopyAs } from "../../parts/copy-as.js";
import { Decision } from "../../parts/decision.js";
import { JsonTree } from "../../parts/json-tree.js";
import { Panel } from "../../parts/panel.js";
import { Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { Ago, At, Fields, Id } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import { useSummary } from "../../server/summary.js";
import type { Agent, EventRow, PageOf } from "../../server/wire.js";
import { fullTime, plural } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { whatOf } from "../../text/what.js";
import { asCurl } from "../../url/copy-as.js";
import { linkTo } from "../../url/location.js";
import { bucketFor, iso, range, zone } from "../../url/range.js";
import { eventKey } from "../events/event-drawer.js";
import { Mode } from "./mode.js";

const SHOWN = 20;

/** One agent: who it is, what was changed about it, and what it did. */
export function AgentPage({ agentId }: { readonly agentId: string }): JSX.Element {
  const path = `agents/${encodeURIComponent(agentId)}`;
  const agent = useResource(path, (signal) => get<Agent>(path, {}, signal));
  return (
    <div class="screen">
      <div class="screen-head">
        <a href={linkTo("agents")}>Agents</a>
        <h2>{visible(agent.data.value?.name ?? agentId)}</h2>
        <span class="spacer" />
        <CopyAs curl={asCurl(path)} aasm={`aasm agents show '${agentId.replaceAll("'", `'\\''`)}'`} />
      </div>
      <Loaded from={agent}>
        {(data) => (
          <div class="panels">
            <Panel title="Agent">
              <Fields
                of={[
                  ["id", <Id key="id" value={data.agentId} />],
                  ["status", data.status],
                  ["mode", <Mode key="mode" agent={data} />],
                  data.teamId === undefined ? undefined : ["team", visible(data.teamId)],
                  data.orgId === undefined ? undefined : ["org", visible(data.orgId)],
                  data.lastSeenAt === undefined ? undefined : ["last seen", <Ago key="seen" at={data.lastSeenAt} />],
                  ["registered", fullTime(Date.parse(data.registeredAt), zone.value)],
                  ["revision", `${data.revision}, ${fullTime(Date.parse(data.updatedAt), zone.value)}`],
                  data.identity === undefined
                    ? undefined
                    : ["credential", `${visible(data.identity.credential)} (generation ${data.identity.generation})`],
                ]}
              />
            </Panel>
            <Panel title="Metadata">
              {Object.keys(data.metadata).length === 0 ? (
                <p class="none">none</p>
              ) : (
                <JsonTree value={data.metadata} label="Metadata" />
              )}
            </Panel>
          </div>
        )}
      </Loaded>
      <Activity agentId={agentId} />
      <div class="panels">
        <Panel title="Its events">
          <Recent query={{ agentId }} all={linkTo("events", { agentId })} />
        </Panel>
        <Panel title="Changes of the agent">
          <Recent query={{ action: "governance", agentId }} all={linkTo("events", { action: "governance", agentId })} />
        </Panel>
      </div>
    </div>
  );
}

function Activity({ agentId }: { readonly agentId: string }): JSX.Element {
  const { from, to } = range.value;
  const bucket = bucketFor(range.value, 60);
  const summary = useSummary({ agentId, from: iso(from), to: iso(to), every: bucket.every, groupBy: "decision" });
  return (
    <Loaded from={summary}>
      {(data) => {
        const total = data.items.reduce((sum, { count }) => sum + count, 0);
        if (total === 0) return <p class="none pad">No events of this agent in this time.</p>;
        return (
          <Columns
            label={plural(total, "event")}
            buckets={bucketCounts(data, from, to, bucket.ms)}
            bucketMs={bucket.ms}
            zone={zone.value}
            link={(start, end) => linkTo("events", { agentId, range: undefined, from: iso(start), to: iso(end) })}
          />
        );
      }}
    </Loaded>
  );
}

function Recent({
  query,
  all,
}: {
  readonly query: Readonly<Record<string, string>>;
  readonly all: string;
}): JSX.Element {
  const wanted = { ...query, limit: SHOWN };
  const events = useResource(JSON.stringify(wanted), (signal) => get<PageOf<EventRow>>("events", wanted, signal));
  return (
    <Loaded from={events}>
      {({ items, next }) => (
        <>
          <Table
            label="Newest events"
            items={items}
            keyOf={({ eventId }) => eventId}
            empty="none"
            columns={[
              {
                name: "Time",
                cell: (event) => (
                  <a href={linkTo("events", { ...query, at: after(event), event: eventKey(event) })}>
                    <At at={event.ts} />
                  </a>
                ),
              },
              { name: "Decision", cell: ({ decision }) => <Decision value={decision} /> },
              { name: "What", kind: "wide", cell: (event) => visible(whatOf(event)) },
            ]}
          />
          {next !== undefined && <a href={all}>all</a>}
        </>
      )}
    </Loaded>
  );
}

function after({ ts }: EventRow): string {
  return iso(Date.parse(ts) + 1);
}
