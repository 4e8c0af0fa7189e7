import { EVENT_METRICS, type MetricDimension } from "@agent-assembly/storage-core";
import { AUDIT_EVENT_COLUMNS } from "@agent-assembly/storage-core/backend";
import { parseList } from "../../args/values.js";
import { UsageError } from "../../exit.js";

const MEMBERS: Readonly<Record<string, MetricDimension>> = { agent: "agentId", team: "teamId" };
const LABEL_PREFIX = "labels.";
const METADATA_PREFIX = "agent.metadata.";

/** Dimensions of events, which are labels of the metrics that events answer. */
const EVENT_COLUMNS = AUDIT_EVENT_COLUMNS.filter((column) => "dimension" in column);

/** Whether the audit log answers a metric. */
export function isEventMetric(metric: string): boolean {
  return Object.hasOwn(EVENT_METRICS, metric);
}

/**
 * Comma-separated dimensions of a metric: `agent`, `team`, `labels.NAME`, and of a metric from events also `tool` for `labels.tool`.
 * @throws UsageError
 */
export function parseMetricDimensions(option: string, text: string, metric: string): MetricDimension[] {
  const dimensions = parseList(option, text).map((name) => toDimension(option, name, metric));
  for (const [index, dimension] of dimensions.entries()) {
    if (dimensions.indexOf(dimension) !== index) {
      throw new UsageError(`${option} names ${dimension} twice; name each dimension once`);
    }
  }
  return dimensions;
}

function toDimension(option: string, name: string, metric: string): MetricDimension {
  const member = MEMBERS[name] ?? name;
  if (member === "agentId" || member === "teamId") return member;
  if (member.startsWith(LABEL_PREFIX) && member !== LABEL_PREFIX) return member as MetricDimension;
  const ofEvents = isEventMetric(metric) ? eventLabel(name) : undefined;
  if (ofEvents !== undefined) return `labels.${ofEvents}`;
  const allowed = isEventMetric(metric)
    ? [...EVENT_COLUMNS.map(({ label }) => label), `${METADATA_PREFIX}KEY`]
    : ["agent", "team", "labels.NAME"];
  throw new UsageError(
    `${option} names ${JSON.stringify(name)}; allowed: ${allowed.join(", ")}${labelHint(name, metric)}`,
  );
}

function labelHint(name: string, metric: string): string {
  return !isEventMetric(metric) && /^\w+$/.test(name) ? `; a label is written as labels.${name}` : "";
}

function eventLabel(name: string): string | undefined {
  if (name.startsWith(METADATA_PREFIX)) return name;
  return EVENT_COLUMNS.find(({ label, member }) => label === name || member === name)?.member;
}

/**
 * `name=value` conditions. Labels of a metric from events may be named as the options of `aasm audit` are: `rule=refund-limit`.
 * @throws UsageError
 */
export function parseLabels(texts: readonly string[], metric: string): Record<string, string> {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    if (equals < 1 || equals === text.length - 1) {
      throw new UsageError(`--label is ${JSON.stringify(text)}; allowed: a name, = and a value, such as model=gpt-4o`);
    }
    const given = text.slice(0, equals);
    const name = (isEventMetric(metric) ? eventLabel(given) : undefined) ?? given;
    if (name === "agentId" || name === "teamId") {
      throw new UsageError(`--label names ${given}, which is no label; use --${name === "agentId" ? "agent" : "team"}`);
    }
    if (labels.has(name)) throw new UsageError(`--label names ${given} twice; one value per label`);
    labels.set(name, text.slice(equals + 1));
  }
  return Object.fromEntries(labels);
}

/** A dimension as options name it: `agent` for `agentId`. */
export function dimensionName(dimension: string): string {
  return Object.keys(MEMBERS).find((name) => MEMBERS[name] === dimension) ?? dimension;
}

/** The heading of a dimension: `AGENT` for `agentId`, `MODEL` for `labels.model`. */
export function dimensionTitle(dimension: string): string {
  return dimensionName(dimension).replace(LABEL_PREFIX, "").toUpperCase();
}

/** `support-bot / -`: the values alone, since the command line says what they are of. */
export function keyName(key: Readonly<Record<string, string | null>>): string {
  return Object.values(key)
    .map((value) => value ?? "-")
    .join(" / ");
}
