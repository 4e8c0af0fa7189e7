import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import {
  DecodeNotes,
  decodeAttributes,
  decodeOrigin,
  decodeTime,
  type OtlpOrigin,
} from "@agent-assembly/transcripts/otlp";
import { isRecorded, type OtlpPoint, type PointKind, type PointsOf, temporalityOf } from "../metrics/point.js";
import { MAX_DEPTH, MAX_ITEMS, tooDeep, tooManyItems, undecodable } from "../undecodable.js";
import { isObject, objectsOf, parseBody } from "./parse.js";

const DATA: Readonly<Record<string, PointKind>> = {
  gauge: "gauge",
  sum: "sum",
  histogram: "histogram",
  exponentialHistogram: "histogram",
  summary: "summary",
};

/** The points of an `ExportMetricsServiceRequest` in OTLP JSON. @throws ProblemError 400 */
export function parsePoints(bytes: Buffer): OtlpPoint[] {
  const points: OtlpPoint[] = [];
  for (const resource of objectsOf(parseBody(bytes).resourceMetrics, "resourceMetrics")) {
    for (const scope of objectsOf(resource.scopeMetrics, "scopeMetrics")) {
      const schemaUrl = scope.schemaUrl === undefined || scope.schemaUrl === "" ? resource.schemaUrl : scope.schemaUrl;
      const origin = decodeOrigin({ resource: resource.resource, scope: scope.scope, schemaUrl });
      for (const metric of objectsOf(scope.metrics, "metrics")) addPoints(metric, origin, points);
    }
  }
  return points;
}

function addPoints(metric: JsonObject, origin: OtlpOrigin, points: OtlpPoint[]): void {
  const name = metric.name ?? "";
  if (typeof name !== "string") throw undecodable("has a metric whose name is no text");
  for (const [member, kind] of Object.entries(DATA)) {
    const data = metric[member];
    if (data === undefined || data === null) continue;
    if (!isObject(data)) throw undecodable(`has a member ${member} that is no object`);
    const shared: PointsOf = {
      origin,
      metric: name,
      kind,
      temporality: temporalityIn(data.aggregationTemporality),
      monotonic: data.isMonotonic === true,
    };
    const list = objectsOf(data.dataPoints, "dataPoints");
    if (points.length + list.length > MAX_ITEMS) throw tooManyItems();
    for (const point of list) points.push(pointOf(point, shared));
  }
}

function pointOf(point: JsonObject, shared: PointsOf): OtlpPoint {
  const notes = new DecodeNotes();
  const attributes = decodeAttributes(point.attributes, notes);
  if (notes.deepest > MAX_DEPTH) throw tooDeep();
  if (notes.unread > 0) throw undecodable("has a point with an attribute that cannot be read");
  const isNumber = shared.kind === "gauge" || shared.kind === "sum";
  return {
    ...shared,
    time: decodeTime(point.timeUnixNano),
    value: isNumber ? numberIn(point.asDouble ?? point.asInt) : undefined,
    count: isNumber ? undefined : (numberIn(point.count) ?? 0),
    sum: isNumber ? undefined : numberIn(point.sum),
    attributes,
    recorded: isRecorded(numberIn(point.flags) ?? 0),
  };
}

/** A number, or its text: OTLP writes integers of 64 bits, NaN and infinity as text. */
function numberIn(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  return Number(value);
}

/** Its number, or its name where a writer follows protobuf's own JSON. */
function temporalityIn(value: JsonValue | undefined): OtlpPoint["temporality"] {
  if (value === "AGGREGATION_TEMPORALITY_DELTA") return "delta";
  if (value === "AGGREGATION_TEMPORALITY_CUMULATIVE") return "cumulative";
  return typeof value === "number" ? temporalityOf(value) : undefined;
}
