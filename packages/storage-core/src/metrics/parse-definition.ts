import { invalidArgument } from "../errors.js";
import { checkKeys, checkObject, parseChoice, parseInteger, parseText } from "../support/input.js";
import { definitionOf, METRIC_KINDS, type MetricDefinition } from "./definition.js";
import { eventMetricProblem } from "./event-metrics.js";

const MAX_DECIMALS = 12;
const MAX_UNIT_LENGTH = 30;

/** @throws `invalid_argument` */
export function parseMetricDefinition(definition: MetricDefinition): MetricDefinition {
  checkObject("definition", definition);
  checkKeys("definition", definition, ["name", "unit", "kind", "decimals"]);
  const name = parseText("definition.name", definition.name);
  const problem = eventMetricProblem(name);
  if (problem !== undefined) throw invalidArgument("definition.name", problem);
  const kind = parseChoice("definition.kind", definition.kind, METRIC_KINDS);
  const { unit, decimals } = definition;
  if (unit !== undefined && parseText("definition.unit", unit).length > MAX_UNIT_LENGTH) {
    throw invalidArgument("definition.unit", `must be at most ${MAX_UNIT_LENGTH} characters, got ${unit.length}`);
  }
  if (decimals !== undefined) parseInteger("definition.decimals", decimals, 0, MAX_DECIMALS);
  return definitionOf({ name, kind, unit, decimals });
}
