/** Label names and their values; of a bounded number, never what a client sent. */
export type Labels = Readonly<Record<string, string>>;

/** A count that only grows, for each set of labels. */
export interface Counter {
  /** @param by not negative; default 1 */
  add(labels?: Labels, by?: number): void;
}

/** How many values there were of each size, for each set of labels. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** A value at the time of asking. */
export type Sample = number | readonly (readonly [labels: Labels, value: number])[];

/** The metrics of one gateway, in the text format of Prometheus. */
export interface MetricRegistry {
  /** The same counter for the same name. @param help one sentence */
  counter(name: string, help: string): Counter;
  /** @param buckets upper bounds, ascending */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /**
   * @param collector what the value comes from
   * @param read asked at each scrape; where it rejects, the metric is left out, and `aasm_scrape_collector_success` of the collector is 0
   */
  gauge(collector: string, name: string, help: string, read: () => Sample | Promise<Sample>): void;
  /** All metrics as text, by name. */
  text(): Promise<string>;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "histogram" | "gauge";
  /** Of a gauge. */
  readonly collector?: string;
  lines(): string[] | Promise<string[]>;
}

/** An empty registry. */
export function createMetricRegistry(): MetricRegistry {
  const metrics = new Map<string, Metric>();
  const counters = new Map<string, Counter>();
  return {
    counter(name, help) {
      const known = counters.get(name);
      if (known !== undefined) return known;
      const counts = new Map<string, number>();
      const counter: Counter = {
        add(labels = {}, by = 1) {
          const key = labelText(labels);
          counts.set(key, (counts.get(key) ?? 0) + by);
        },
      };
      counters.set(name, counter);
      metrics.set(name, {
        ...{ name, help, type: "counter" },
        lines: () => [...counts].map(([labels, count]) => `${name}${labels} ${count}`),
      });
      return counter;
    },

    histogram(name, help, buckets) {
      const series = new Map<string, { readonly labels: Labels; readonly counts: number[]; sum: number }>();
      metrics.set(name, {
        ...{ name, help, type: "histogram" },
        lines: () => [...series.values()].flatMap((one) => histogramLines(name, buckets, one)),
      });
      return {
        observe(value, labels = {}) {
          const key = labelText(labels);
          let one = series.get(key);
          if (one === undefined) {
            one = { labels, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 };
            series.set(key, one);
          }
          const at = buckets.findIndex((bound) => value <= bound);
          const bucket = at === -1 ? buckets.length : at;
          one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
          one.sum += value;
        },
      };
    },

    gauge(collector, name, help, read) {
      metrics.set(name, {
        ...{ name, help, type: "gauge", collector },
        async lines() {
          const sample = await read();
          if (typeof sample === "number") return [`${name} ${sample}`];
          return sample.map(([labels, value]) => `${name}${labelText(labels)} ${value}`);
        },
      });
    },

    async text() {
      const sorted = [...metrics.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const read = await Promise.all(sorted.map(async (metric) => ({ ...metric, read: await readLines(metric) })));
      const texts = read.map((metric) => (metric.read === undefined ? "" : metricText(metric, metric.read)));
      return `${texts.join("")}${successText(read)}`;
    },
  };
}

/** @returns `undefined` where the metric cannot be read: a store that is down is what the others are asked about */
async function readLines(metric: Metric): Promise<string[] | undefined> {
  try {
    return await metric.lines();
  } catch {
    return undefined;
  }
}

/** A metric that is missing is not seen by those who look at it; one that says so is. */
function successText(read: readonly (Metric & { readonly read: string[] | undefined })[]): string {
  const collectors = new Map<string, boolean>();
  for (const { collector, read: lines } of read) {
    if (collector !== undefined) collectors.set(collector, lines !== undefined && collectors.get(collector) !== false);
  }
  const name = "aasm_scrape_collector_success";
  if (collectors.size === 0) return "";
  const lines = [...collectors].sort().map(([collector, ok]) => `${name}${labelText({ collector })} ${ok ? 1 : 0}`);
  return metricText({ name, help: "Whether all metrics of a collector could be read.", type: "gauge" }, lines);
}

function metricText({ name, help, type }: Pick<Metric, "name" | "help" | "type">, lines: readonly string[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join("")}`;
}

function histogramLines(
  name: string,
  buckets: readonly number[],
  { labels, counts, sum }: { readonly labels: Labels; readonly counts: readonly number[]; readonly sum: number },
): string[] {
  let total = 0;
  const lines = counts.map((count, n) => {
    total += count;
    return `${name}_bucket${labelText({ ...labels, le: n < buckets.length ? String(buckets[n]) : "+Inf" })} ${total}`;
  });
  return [...lines, `${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${total}`];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
