import { anomalyCases } from "./anomalies.js";
import { counterCases } from "./counters.js";
import { decimalCases } from "./decimals.js";
import { defineMetricCases } from "./define.js";
import { eventMetricCases } from "./events.js";
import { labelValueCases } from "./label-values.js";
import { lastingCases } from "./lasting.js";
import { listCases } from "./list.js";
import { metricQueryCases } from "./queries.js";
import { metricRefusalCases } from "./refusals.js";
import { topCases } from "./top.js";
import { unitCases } from "./units.js";
import { windowCases } from "./windows/functions.js";
import { windowGridCases } from "./windows/grid.js";
import { windowRefusalCases } from "./windows/refusals.js";

/** Recorded metrics, declared and not, and those that come from events. */
export const metricCases = [
  ...metricQueryCases,
  ...metricRefusalCases,
  ...defineMetricCases,
  ...decimalCases,
  ...counterCases,
  ...listCases,
  ...labelValueCases,
  ...topCases,
  ...unitCases,
  ...eventMetricCases,
  ...windowCases,
  ...windowGridCases,
  ...windowRefusalCases,
  ...anomalyCases,
  ...lastingCases,
] as const;
