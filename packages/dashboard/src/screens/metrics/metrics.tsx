import type { JSX } from "preact";
import { CopyAs } from "../../parts/copy-as.js";
import { Empty, Loaded } from "../../parts/states.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { MetricInfo, PageOf } from "../../server/wire.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { param, setParams } from "../../url/location.js";
import { iso, range } from "../../url/range.js";
import { type ChartSpec, MetricChart } from "./metric-chart.js";

/** What the audit log answers by itself. */
const FROM_EVENTS: readonly ChartSpec[] = [
  { metric: "events", aggregate: "sum", title: "Events" },
  { metric: "denials", aggregate: "sum", title: "Denials" },
  { metric: "tool.calls", aggregate: "sum", title: "Tool calls" },
  { metric: "approvals.latency", aggregate: "p95", title: "Approval wait, p95" },
];

/** Recorded metrics that are shown. */
const MOST_RECORDED = 8;

const GROUPS = [
  { key: "", label: "all" },
  { key: "agentId", label: "by agent" },
  { key: "teamId", label: "by team" },
] as const;

/** Series over time; a range that is drawn over one chart zooms all of them. */
export default function Metrics(): JSX.Element {
  const metrics = useResource("metrics", (signal) => get<PageOf<MetricInfo>>("metrics", {}, signal));
  const by = param("by");
  const zoomed = range.value.name === undefined;
  return (
    <div class="screen">
      <div class="screen-head">
        <div class="switch" role="group" aria-label="Lines">
          {GROUPS.map(({ key, label }) => (
            <button
              key={key}
              type="button"
              aria-pressed={by === key}
              onClick={() => setParams({ by: key === "" ? undefined : key })}
            >
              {label}
            </button>
          ))}
        </div>
        {zoomed ? (
          <button type="button" onClick={() => setParams({ from: undefined, to: undefined })}>
            Zoom out
          </button>
        ) : (
          <span class="none wide-only">Draw over a chart to zoom all.</span>
        )}
        <span class="spacer" />
        <CopyAs
          curl={asCurl("metrics/query", {
            metric: "events",
            aggregate: "sum",
            from: iso(range.value.from),
            to: iso(range.value.to),
          })}
          aasm={`aasm metrics query events --from ${iso(range.value.from)} --to ${iso(range.value.to)}`}
        />
      </div>
      <Loaded from={metrics}>
        {({ items }) => {
          const recorded = items.filter(({ source }) => source === "recorded");
          return (
            <>
              <div class="charts">
                {[...recorded.slice(0, MOST_RECORDED).flatMap(specsOf), ...FROM_EVENTS].map((spec) => (
                  <MetricChart key={`${spec.metric} ${spec.aggregate}`} spec={spec} by={by} />
                ))}
              </div>
              {recorded.length === 0 && (
                <Empty>
                  Token and cost series appear here once agents send metrics to this gateway at /v1/metrics.
                </Empty>
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

/** A level is averaged, or its 95th percentile is shown where it is a duration; an amount is summed. */
function specsOf({ name, kind, unit }: MetricInfo): ChartSpec[] {
  const title = `${visible(name)}${unit === undefined ? "" : `, ${visible(unit)}`}`;
  if (kind !== "gauge" && kind !== undefined) return [{ metric: name, aggregate: "sum", title }];
  const isTime = unit !== undefined && ["ms", "s", "us", "ns"].includes(unit);
  return [{ metric: name, aggregate: isTime ? "p95" : "avg", title: `${title}, ${isTime ? "p95" : "mean"}` }];
}
