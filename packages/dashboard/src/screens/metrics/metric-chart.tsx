import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { LineChart } from "../../charts/line-chart.js";
import { Problem } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { MetricSeries, PageOf } from "../../server/wire.js";
import { fullTime, inUnit } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { setParams } from "../../url/location.js";
import { bucketFor, iso, range, zone } from "../../url/range.js";
import { saveCsv } from "./csv.js";

/** What one chart shows. */
export interface ChartSpec {
  readonly metric: string;
  readonly aggregate: "sum" | "avg" | "p95";
  readonly title: string;
}

/** Lines of a chart: those with the greatest sums. */
const MOST_LINES = 6;

/** One metric over time, with the same numbers as a table. */
export function MetricChart({ spec, by }: { readonly spec: ChartSpec; readonly by: string }): JSX.Element {
  const { metric, aggregate, title } = spec;
  const { every } = bucketFor(range.value, 60);
  const query = {
    metric,
    aggregate,
    from: iso(range.value.from),
    to: iso(range.value.to),
    every,
    fill: aggregate === "sum" ? "zero" : "null",
    ...(by === "" ? {} : { groupBy: by }),
  };
  const found = useResource(JSON.stringify(query), (signal) =>
    get<PageOf<MetricSeries>>("metrics/query", query, signal),
  );
  const data = found.data.value;
  const error = found.error.value;
  const drawn = useMemo(() => drawingOf(data?.items ?? [], by), [data, by]);
  const unit = data?.items[0]?.unit;
  return (
    <section class="chart" aria-label={title}>
      <h2>
        {title}
        <span class="none">
          {" "}
          {unit !== undefined && !title.toLowerCase().includes(unit) && unit !== "ms" && visible(unit)} per {every}
        </span>
      </h2>
      {error !== undefined && <Problem error={error} onRetry={found.reload} />}
      {data !== undefined && drawn.lines.length === 0 && <p class="none chart-none">No samples in this time.</p>}
      {drawn.lines.length > 0 && (
        <>
          <LineChart
            label={`${title}: ${drawn.lines.length === 1 ? "one line" : `${drawn.lines.length} lines`}, the table below has the numbers`}
            unit={unit}
            times={drawn.times}
            lines={drawn.lines}
            zone={zone.value}
            onZoom={(from, to) => setParams({ from: iso(Math.floor(from)), to: iso(Math.ceil(to)), range: undefined })}
          />
          {by !== "" && (
            <ul class="legend" aria-label="Lines">
              {drawn.lines.map(({ name }, index) => (
                <li key={name}>
                  <span class={`swatch series-${index + 1}`} aria-hidden="true" /> {visible(name)}
                </li>
              ))}
              {drawn.left > 0 && <li class="none">{drawn.left} more in the table's CSV</li>}
            </ul>
          )}
          <details>
            <summary>Table</summary>
            <button type="button" class="link" onClick={() => saveCsv(metric, data?.items ?? [], by)}>
              Save as CSV
            </button>
            <Table
              label={`${title}, newest first`}
              items={drawn.times.map((time, index) => ({ time, index })).reverse()}
              keyOf={({ time }) => String(time)}
              empty="none"
              columns={[
                { name: "Time", cell: ({ time }) => fullTime(time, zone.value).slice(0, 19) },
                ...drawn.lines.map(({ name, values }) => ({
                  name: by === "" ? "Value" : visible(name),
                  kind: "number" as const,
                  cell: ({ index }: { readonly index: number }) => {
                    const value = values[index];
                    return value === null || value === undefined ? "" : inUnit(value, unit);
                  },
                })),
              ]}
            />
          </details>
        </>
      )}
    </section>
  );
}

interface Drawing {
  readonly times: readonly number[];
  readonly lines: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** Series that are not drawn. */
  readonly left: number;
}

function drawingOf(series: readonly MetricSeries[], by: string): Drawing {
  const sum = ({ points }: MetricSeries): number => points.reduce((total, { value }) => total + (value ?? 0), 0);
  const greatest = series.toSorted((a, b) => sum(b) - sum(a));
  const shown = greatest.slice(0, MOST_LINES);
  const times = [...new Set(shown.flatMap(({ points }) => points.map(({ ts }) => Date.parse(ts))))].sort(
    (a, b) => a - b,
  );
  const lines = shown.map(({ key, points }) => {
    const byTime = new Map(points.map(({ ts, value }) => [Date.parse(ts), value]));
    return { name: key[by] ?? (by === "" ? "all" : "none"), values: times.map((time) => byTime.get(time) ?? null) };
  });
  return { times, lines, left: greatest.length - shown.length };
}
