import { checkKeys, checkObject, parseOptionalText } from "../../support/input.js";
import { answerAnomalies } from "../answers/answer-anomalies.js";
import { answerQuery } from "../answers/answer-query.js";
import { answerTop } from "../answers/answer-top.js";
import { type EventLog, eventLabelValues } from "../answers/event-source.js";
import { MetricReader } from "../answers/reader.js";
import type { MetricDriver } from "../driver/driver.js";
import { parseLabelValues } from "../driver/parse-query.js";
import { eventMetric } from "../event-metrics.js";
import type { MetricStore } from "../store.js";
import { MetricDefinitions } from "./definitions.js";
import { listMetrics } from "./list.js";
import { MetricRecorder } from "./recorder.js";

/**
 * Implements the rules of {@link MetricStore} on a backend's driver.
 * @param log the audit log, which answers the metrics that come from events
 */
export function createMetricStore(driver: MetricDriver, log: EventLog): MetricStore {
  const definitions = new MetricDefinitions(driver);
  const recorder = new MetricRecorder(driver, definitions);
  const reader = new MetricReader(driver, log);
  return {
    define: (definition) => definitions.define(definition),
    record: (samples) => recorder.record(samples),
    query: async (query) => answerQuery(reader, query, await definitions.ofMetric(query)),
    anomalies: async (query) => answerAnomalies(reader, query, await definitions.ofMetric(query)),
    top: async (request) => answerTop(reader, request, await definitions.ofMetric(request)),
    async list(request = {}) {
      checkObject("request", request);
      checkKeys("request", request, ["prefix"]);
      const prefix = request.prefix === "" ? "" : (parseOptionalText("request.prefix", request.prefix) ?? "");
      const [declared, stats] = await Promise.all([driver.definitions(), driver.list(prefix)]);
      return listMetrics(prefix, declared, stats);
    },
    async labelValues(request) {
      const wanted = parseLabelValues(request);
      const metric = eventMetric(wanted.metric);
      const { values, total } = await (metric === undefined
        ? driver.labelValues(wanted)
        : eventLabelValues(log, metric, wanted));
      return { values: values.map(([value, samples]) => ({ value, samples })), total };
    },
  };
}
