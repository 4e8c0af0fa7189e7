import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { CopyAs } from "../../parts/copy-as.js";
import { Empty, Loaded } from "../../parts/states.js";
import { type Column, Table } from "../../parts/table.js";
import { Ago, None } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import { useSummary } from "../../server/summary.js";
import type { Agent, PageOf } from "../../server/wire.js";
import { count, percent } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { linkTo, param, setParams } from "../../url/location.js";
import { iso, range } from "../../url/range.js";
import { AgentPage } from "./agent-page.js";
import { Mode } from "./mode.js";

const PAGE = 500;

interface Activity {
  readonly events: number;
  readonly denied: number;
}

/** The registered agents, with what they did in the time range. */
export default function Agents(): JSX.Element {
  const agentId = param("agent");
  return agentId === "" ? <AgentList /> : <AgentPage key={agentId} agentId={agentId} />;
}

function AgentList(): JSX.Element {
  const wanted = param("q").toLowerCase();
  const cursors = useSignal<readonly string[]>([]);
  const query = { limit: PAGE, cursor: cursors.value.at(-1) };
  const agents = useResource(JSON.stringify(query), (signal) => get<PageOf<Agent>>("agents", query, signal));
  const activity = useActivity();
  return (
    <div class="screen">
      <div class="screen-head">
        <input
          type="search"
          aria-label="Find an agent"
          placeholder="Find an agent"
          id="filter"
          value={param("q")}
          onInput={(event) => {
            const { value } = event.currentTarget;
            setParams({ q: value === "" ? undefined : value }, "replace");
          }}
        />
        <span class="spacer" />
        <CopyAs curl={asCurl("agents")} aasm="aasm agents list" />
      </div>
      <Loaded from={agents}>
        {({ items, next }) => (
          <>
            <Table
              label="Agents"
              columns={columns(activity)}
              items={items.filter(({ agentId, name = "", teamId = "" }) =>
                `${agentId} ${name} ${teamId}`.toLowerCase().includes(wanted),
              )}
              keyOf={({ agentId }) => agentId}
              empty={
                items.length === 0 ? (
                  <Empty command="aasm demo">No agent is registered. A store with agents is made by</Empty>
                ) : (
                  "No agent is called that."
                )
              }
            />
            {(next !== undefined || cursors.value.length > 0) && (
              <p class="buttons">
                <button
                  type="button"
                  disabled={cursors.value.length === 0}
                  onClick={() => {
                    cursors.value = cursors.value.slice(0, -1);
                  }}
                >
                  Previous {PAGE}
                </button>
                <button
                  type="button"
                  disabled={next === undefined}
                  onClick={() => {
                    if (next !== undefined) cursors.value = [...cursors.value, next];
                  }}
                >
                  Next {PAGE}
                </button>
              </p>
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

/** What each agent did in the time range, by its id; `undefined` until it is counted. */
function useActivity(): ReadonlyMap<string, Activity> | undefined {
  const summary = useSummary({
    from: iso(range.value.from),
    to: iso(range.value.to),
    groupBy: ["agentId", "decision"],
  });
  if (summary.data.value === undefined) return undefined;
  const found = new Map<string, Activity>();
  for (const { key, count: n } of summary.data.value.items) {
    const id = String(key.agentId);
    const { events, denied } = found.get(id) ?? { events: 0, denied: 0 };
    found.set(id, { events: events + n, denied: denied + (key.decision === "deny" ? n : 0) });
  }
  return found;
}

function columns(activity: ReadonlyMap<string, Activity> | undefined): Column<Agent>[] {
  const of = ({ agentId }: Agent): Activity | undefined =>
    activity === undefined ? undefined : (activity.get(agentId) ?? { events: 0, denied: 0 });
  return [
    {
      name: "Agent",
      kind: "wide",
      cell: ({ agentId, name }) => (
        <div class="pair">
          <a href={linkTo("agents", { agent: agentId })}>{visible(name ?? agentId)}</a>
          {name !== undefined && <span class="none">{visible(agentId)}</span>}
        </div>
      ),
    },
    { name: "Team", kind: "extra", cell: ({ teamId }) => (teamId === undefined ? <None /> : visible(teamId)) },
    { name: "Mode", cell: (agent) => <Mode agent={agent} /> },
    { name: "Status", kind: "extra", cell: ({ status }) => <span class={`status ${status}`}>{status}</span> },
    {
      name: "Last seen",
      kind: "extra",
      cell: ({ lastSeenAt }) => (lastSeenAt === undefined ? <None /> : <Ago at={lastSeenAt} />),
    },
    {
      name: "Events",
      kind: "number",
      cell: (agent) => {
        const done = of(agent);
        if (done === undefined) return "…";
        return <a href={linkTo("events", { agentId: agent.agentId })}>{count(done.events)}</a>;
      },
    },
    {
      name: "Denied",
      kind: "number",
      cell: (agent) => {
        const done = of(agent);
        if (done === undefined || done.events === 0) return <None />;
        return (
          <a href={linkTo("events", { agentId: agent.agentId, decision: "deny" })}>
            {percent(done.denied / done.events)}
          </a>
        );
      },
    },
    { name: "Revision", kind: "number extra", cell: ({ revision }) => revision },
  ];
}
