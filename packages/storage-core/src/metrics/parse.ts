import { invalidArgument, isStorageError, StorageError } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject, parseDate, parseOptionalText, parseText } from "../support/input.js";
import { compareText, textProblem } from "../support/text.js";
import { exactToNumber, readAmount } from "./decimal.js";
import type { MetricDefinition } from "./definition.js";
import { eventMetricProblem } from "./event-metrics.js";
import type { MetricSample } from "./sample.js";

/** Labels that a sample or a query may have. */
export const MAX_LABELS = 32;

/** A checked sample; `ts` in milliseconds since the epoch, absent members `null`, labels sorted by name. */
export interface SampleRow {
  readonly ts: number;
  readonly metric: string;
  /** Of a metric with declared decimals: the double nearest to the amount. */
  readonly value: number;
  readonly agentId: string | null;
  readonly teamId: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * @param definitionOf the definition of a metric, where it has one
 * @returns the sample, or the reason why it is none
 */
export function parseSample(
  sample: MetricSample,
  definitionOf: (metric: string) => MetricDefinition | undefined,
): SampleRow | string {
  try {
    checkObject("sample", sample);
    checkKeys("sample", sample, ["ts", "metric", "value", "agentId", "teamId", "labels"]);
    const ts = parseDate("ts", sample.ts);
    const metric = parseText("metric", sample.metric);
    const problem = eventMetricProblem(metric);
    if (problem !== undefined) throw invalidArgument("metric", problem);
    return {
      ts,
      metric,
      value: parseValue(sample.value, definitionOf(metric)),
      agentId: parseOptionalText("agentId", sample.agentId),
      teamId: parseOptionalText("teamId", sample.teamId),
      labels: parseLabels("labels", sample.labels),
    };
  } catch (error) {
    if (isStorageError(error, "invalid_argument")) return error.message;
    throw error;
  }
}

function parseValue(value: unknown, definition: MetricDefinition | undefined): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw invalidArgument("value", `must be a finite number, got ${describeShape(value)}`);
  }
  if (definition === undefined) return value === 0 ? 0 : value;
  const { name, kind, decimals } = definition;
  if (kind === "cumulative" && value < 0) {
    throw invalidArgument("value", `must not be negative, since ${JSON.stringify(name)} is declared cumulative`);
  }
  if (decimals === undefined) return value === 0 ? 0 : value;
  const exact = readAmount(value, decimals);
  if (exact === "digits") {
    throw invalidArgument(
      "value",
      `has more than 15 significant digits, which is all that an amount of ${JSON.stringify(name)} may have`,
      "Record smaller amounts, or a metric without decimals.",
    );
  }
  if (exact === "decimals") {
    throw invalidArgument(
      "value",
      `has more decimals than the ${decimals} that ${JSON.stringify(name)} is declared with`,
      "Round it, or declare another metric with more decimals.",
    );
  }
  return exactToNumber(exact, decimals);
}

/** @throws `invalid_argument` */
export function parseLabels(what: string, labels: unknown): Record<string, string> {
  if (labels === undefined) return {};
  checkObject(what, labels);
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS) {
    throw invalidArgument(what, `has ${entries.length} members, more than the accepted ${MAX_LABELS}`);
  }
  return Object.fromEntries(
    entries
      .map(([name, value]) => [parsePart(what, "a name", name), parsePart(what, "a value", value)] as const)
      .sort(([a], [b]) => compareText(a, b)),
  );
}

/** Text within an option that has no path of its own. @throws `invalid_argument` */
export function parsePart(option: string, part: string, value: unknown): string {
  const problem = textProblem(value);
  if (problem === undefined) return value as string;
  throw new StorageError({ code: "invalid_argument", option, message: `${part} in {option} ${problem}` });
}
