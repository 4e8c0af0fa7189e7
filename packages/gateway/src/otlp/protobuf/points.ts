import type { JsonValue } from "@agent-assembly/storage-core";
import type { OtlpOrigin } from "@agent-assembly/transcripts/otlp";
import { isRecorded, type OtlpPoint, type PointKind, type PointsOf, temporalityOf } from "../metrics/point.js";
import { EXPONENTIAL_POINT, HISTOGRAM_POINT, METRIC, METRIC_DATA, NUMBER_POINT } from "./fields.js";
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
  const shared: PointsOf = { origin, metric, kind, temporality: temporalityOf(temporality), monotonic };
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag !== METRIC_DATA.points) reader.pass(tag, end);
    else if (kind === "gauge" || kind === "sum") points.push(readNumber(reader, reader.enter(end), shared));
    else points.push(readHistogram(reader, reader.enter(end), shared, data === METRIC.exponentialHistogram));
  }
}

function kindOf(tag: number): PointKind {
  if (tag === METRIC.gauge) return "gauge";
  if (tag === METRIC.sum) return "sum";
  return tag === METRIC.summary ? "summary" : "histogram";
}

function readNumber(reader: MessageReader, end: number, shared: PointsOf): OtlpPoint {
  const attributes = new Map<string, JsonValue>();
  const point = { ...shared, ...NOTHING, attributes };
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    switch (tag) {
      case NUMBER_POINT.time:
        point.time = reader.time();
        break;
      case NUMBER_POINT.double:
        point.value = reader.double();
        break;
      case NUMBER_POINT.int:
        point.value = Number(reader.sfixed64());
        break;
      case NUMBER_POINT.attributes:
        readAttribute(reader, end, attributes);
        break;
      case NUMBER_POINT.flags:
        point.recorded = isRecorded(reader.uint32());
        break;
      default:
        reader.pass(tag, end);
    }
  }
  return point;
}

function readHistogram(reader: MessageReader, end: number, shared: PointsOf, isExponential: boolean): OtlpPoint {
  const fields = isExponential ? EXPONENTIAL_POINT : HISTOGRAM_POINT;
  const attributes = new Map<string, JsonValue>();
  const point = { ...shared, ...NOTHING, count: 0 as number | undefined, attributes };
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    switch (tag) {
      case fields.time:
        point.time = reader.time();
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

/** A point before its fields are read. */
const NOTHING: Pick<
  { -readonly [Member in keyof OtlpPoint]: OtlpPoint[Member] },
  "time" | "value" | "count" | "sum" | "recorded"
> = { time: undefined, value: undefined, count: undefined, sum: undefined, recorded: true };
