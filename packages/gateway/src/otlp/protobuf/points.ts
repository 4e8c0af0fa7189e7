import type { JsonValue } from "@agent-assembly/storage-core";
import type { OtlpOrigin } from "@agent-assembly/transcripts/otlp";
import { isRecorded, type OtlpPoint, type PointKind, type PointsOf, temporalityOf } from "../metrics/point.js";
import { EXPONENTIAL_POINT, HISTOGRAM_POINT, METRIC, METRIC_DATA, NUMBER_POINT, type PointFields } from "./fields.js";
import type { MessageReader } from "./reader.js";
import { readRequest } from "./request.js";
import { readAttribute } from "./values.js";

const DATA: readonly number[] = [
  METRIC.gauge,
  METRIC.sum,
  METRIC.histogram,
  METRIC.exponentialHistogram,
  METRIC.summary,
];

/** The points of an `ExportMetricsServiceRequest`. @throws ProblemError 400 */
export function readPoints(bytes: Buffer): OtlpPoint[] {
  return readRequest<OtlpPoint>(bytes, readMetric, [DATA, [METRIC_DATA.points]]);
}

/** The name may come after the points: the message is read twice. */
function readMetric(reader: MessageReader, end: number, origin: OtlpOrigin, points: OtlpPoint[]): void {
  const start = reader.pos;
  let metric = "";
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === METRIC.name) metric = reader.text(end);
    else reader.pass(tag, end);
  }
  reader.pos = start;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (DATA.includes(tag)) readData(reader, reader.enter(end), { origin, metric, tag }, points);
    else reader.pass(tag, end);
  }
}

interface DataOf {
  readonly origin: OtlpOrigin;
  readonly metric: string;
  /** Of the field that holds the data, which says of what kind they are. */
  readonly tag: number;
}

function readData(
  reader: MessageReader,
  end: number,
  { origin, metric, tag: data }: DataOf,
  points: OtlpPoint[],
): void {
  const start = reader.pos;
  let temporality = 0;
  let monotonic = false;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === METRIC_DATA.temporality) temporality = reader.int32();
    else if (tag === METRIC_DATA.monotonic) monotonic = reader.bool();
    else reader.pass(tag, end);
  }
  reader.pos = start;
  const kind = kindOf(data);
  const fields = fieldsOf(data);
  const shared: PointsOf = { origin, metric, kind, temporality: temporalityOf(temporality), monotonic };
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag !== METRIC_DATA.points) reader.pass(tag, end);
    else points.push(readPoint(reader, reader.enter(end), shared, fields));
  }
}

function fieldsOf(tag: number): PointFields {
  if (tag === METRIC.gauge || tag === METRIC.sum) return NUMBER_POINT;
  return tag === METRIC.exponentialHistogram ? EXPONENTIAL_POINT : HISTOGRAM_POINT;
}

function kindOf(tag: number): PointKind {
  if (tag === METRIC.gauge) return "gauge";
  if (tag === METRIC.sum) return "sum";
  return tag === METRIC.summary ? "summary" : "histogram";
}

function readPoint(reader: MessageReader, end: number, shared: PointsOf, fields: PointFields): OtlpPoint {
  const attributes = new Map<string, JsonValue>();
  const point: { -readonly [Member in keyof OtlpPoint]: OtlpPoint[Member] } = {
    ...shared,
    time: undefined,
    value: undefined,
    // Of fields that are not sent, numbers are zero; a value of a gauge, and a sum, may be absent.
    count: fields.count === undefined ? undefined : 0,
    sum: undefined,
    attributes,
    recorded: true,
  };
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    switch (tag) {
      case fields.time:
        point.time = reader.time();
        break;
      case fields.double:
        point.value = reader.double();
        break;
      case fields.int:
        point.value = Number(reader.sfixed64());
        break;
      case fields.count:
        point.count = Number(reader.fixed64());
        break;
      case fields.sum:
        point.sum = reader.double();
        break;
      case fields.attributes:
        readAttribute(reader, end, attributes);
        break;
      case fields.flags:
        point.recorded = isRecorded(reader.uint32());
        break;
      default:
        reader.pass(tag, end);
    }
  }
  return point;
}
