import type { JSX } from "preact";
import { bucketCounts } from "../../charts/buckets.js";
import { Columns } from "../../charts/columns.js";
import { CopyAs } from "../../parts/copy-as.js";
import { Panel } from "../../parts/panel.js";
import { Empty, Loaded } from "../../parts/states.js";
import { WiderRange } from "../../parts/wider-range.js";
import type { Resource } from "../../server/resource.js";
import { useSummary } from "../../server/summary.js";
import type { Summary } from "../../server/wire.js";
import { count, percent } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { linkTo } from "../../url/location.js";
import { bucketFor, iso, range, zone } from "../../url/range.js";
import { SilentAgents, WaitingApprovals } from "./people.js";
import { StoreLines } from "./store-lines.js";

/** What happened, what waits, and how the store is; each number leads to what it counts. */
export default function Overview(): JSX.Element {
  const span = { from: iso(range.value.from), to: iso(range.value.to) };
  const bucket = bucketFor(range.value, 60);
  const overTime = useSummary({ ...span, every: bucket.every, groupBy: "decision" });
  const denied = useSummary({ ...span, decision: "deny", groupBy: "tool" });
  const agents = useSummary({ ...span, groupBy: "agentId" });
  const summary = overTime.data.value;
  const totalOf = (decision?: string): number =>
    (summary?.items ?? [])
      .filter(({ key }) => decision === undefined || key.decision === decision)
      .reduce((sum, { count: n }) => sum + n, 0);
  const total = totalOf();
  const atLeast = summary?.lowerBound === true ? "≥ " : "";
  const query = { ...span, every: bucket.every, groupBy: "decision" };
  return (
    <div class="screen overview">
      <div class="screen-head">
        <Loaded from={overTime}>
          {() => (
            <div class="figures">
              <Figure of="events" value={`${atLeast}${count(total)}`} to={linkTo("events")} />
              <Figure
                of="denied"
                value={`${atLeast}${count(totalOf("deny"))}`}
                {...(total > 0 ? { note: percent(totalOf("deny") / total) } : {})}
                to={linkTo("events", { decision: "deny" })}
              />
              <Figure
                of="errors"
                value={`${atLeast}${count(totalOf("error"))}`}
                to={linkTo("events", { decision: "error" })}
              />
              <Figure of="active agents" value={count(agents.data.value?.items.length ?? 0)} to={linkTo("agents")} />
            </div>
          )}
        </Loaded>
        <span class="spacer" />
        <CopyAs
          curl={asCurl("events/summary", query)}
          aasm={`aasm audit summarize --group-by decision --bucket ${bucket.every} --from ${span.from} --to ${span.to}`}
        />
      </div>
      {summary !== undefined && total > 0 && (
        <Columns
          label="Events over time"
          buckets={bucketCounts(summary, range.value.from, range.value.to, bucket.ms)}
          bucketMs={bucket.ms}
          zone={zone.value}
          link={(from, to) => linkTo("events", { range: undefined, from: iso(from), to: iso(to) })}
        />
      )}
      {summary !== undefined && total === 0 && (
        <div class="empty">
          <p>No events in this time.</p>
          <WiderRange />
          <Empty command="aasm demo">A store to look at is made by</Empty>
        </div>
      )}
      <div class="panels">
        <Panel title="Denied tools">
          <Counts from={denied} of="tool" link={(tool) => linkTo("events", { decision: "deny", tool })} />
        </Panel>
        <Panel title="Agents">
          <Counts from={agents} of="agentId" link={(agentId) => linkTo("events", { agentId })} />
        </Panel>
        <Panel title="Waiting for approval">
          <WaitingApprovals />
        </Panel>
        <Panel title="Silent for more than an hour">
          <SilentAgents />
        </Panel>
        <StoreLines />
      </div>
    </div>
  );
}

/** A number with a name that leads to what it counts. */
function Figure({
  of,
  value,
  note,
  to,
}: {
  readonly of: string;
  readonly value: string;
  readonly note?: string;
  readonly to: string;
}): JSX.Element {
  return (
    <a class="figure" href={to}>
      <span class="figure-value">{value}</span>
      <span class="figure-name">
        {of}
        {note !== undefined && ` · ${note}`}
      </span>
    </a>
  );
}

const SHOWN = 6;

function Counts({
  from,
  of,
  link,
}: {
  readonly from: Resource<Summary>;
  readonly of: string;
  readonly link: (value: string) => string;
}): JSX.Element {
  return (
    <Loaded from={from}>
      {(data) => {
        const rows = data.items
          .flatMap(({ key, count: n }) => (typeof key[of] === "string" ? [{ value: key[of], n }] : []))
          .sort((a, b) => b.n - a.n)
          .slice(0, SHOWN);
        const most = Math.max(1, ...rows.map(({ n }) => n));
        if (rows.length === 0) return <p class="none">none</p>;
        return (
          <ul class="counts">
            {rows.map(({ value, n }) => (
              <li key={value}>
                <a href={link(value)}>
                  <span class="facet-bar" style={{ width: `${(n / most) * 100}%` }} aria-hidden="true" />
                  <span class="facet-name">{visible(value)}</span>
                  <span class="facet-count">{count(n)}</span>
                </a>
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}
