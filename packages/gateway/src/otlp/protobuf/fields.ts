/**
 * Fields of OTLP's messages by their tags: the number of the field and its wire type, as opentelemetry-proto has them. A field
 * of another wire type counts as unknown, and is skipped like those that are not listed.
 */
const varint = (field: number): number => field << 3;
const fixed64 = (field: number): number => (field << 3) | 1;
const bytes = (field: number): number => (field << 3) | 2;

/** `ExportTraceServiceRequest`, `ExportLogsServiceRequest`, `ExportMetricsServiceRequest`. */
export const REQUEST = { resources: bytes(1) } as const;
/** `ResourceSpans`, `ResourceLogs`, `ResourceMetrics`. */
export const OF_RESOURCE = { resource: bytes(1), scopes: bytes(2), schemaUrl: bytes(3) } as const;
/** `ScopeSpans`, `ScopeLogs`, `ScopeMetrics`. */
export const OF_SCOPE = { scope: bytes(1), records: bytes(2), schemaUrl: bytes(3) } as const;

export const RESOURCE = { attributes: bytes(1) } as const;
export const SCOPE = { name: bytes(1), version: bytes(2) } as const;
export const KEY_VALUE = { key: bytes(1), value: bytes(2) } as const;
export const ANY_VALUE = {
  string: bytes(1),
  bool: varint(2),
  int: varint(3),
  double: fixed64(4),
  array: bytes(5),
  kvlist: bytes(6),
  bytes: bytes(7),
} as const;
/** `ArrayValue` and `KeyValueList`. */
export const LIST = { values: bytes(1) } as const;

export const SPAN = {
  traceId: bytes(1),
  spanId: bytes(2),
  parentSpanId: bytes(4),
  name: bytes(5),
  kind: varint(6),
  start: fixed64(7),
  end: fixed64(8),
  attributes: bytes(9),
  events: bytes(11),
  status: bytes(15),
} as const;
export const SPAN_EVENT = { time: fixed64(1), name: bytes(2), attributes: bytes(3) } as const;
export const SPAN_STATUS = { message: bytes(2), code: varint(3) } as const;

export const LOG_RECORD = {
  time: fixed64(1),
  body: bytes(5),
  attributes: bytes(6),
  traceId: bytes(9),
  spanId: bytes(10),
  observedTime: fixed64(11),
  eventName: bytes(12),
} as const;

export const METRIC = {
  name: bytes(1),
  gauge: bytes(5),
  sum: bytes(7),
  histogram: bytes(9),
  exponentialHistogram: bytes(10),
  summary: bytes(11),
} as const;
/** `Gauge`, `Sum`, `Histogram`, `ExponentialHistogram`, `Summary`. */
export const METRIC_DATA = { points: bytes(1), temporality: varint(2), monotonic: varint(3) } as const;
/** What the kinds of points have, each at its place; a field that is absent matches none. */
export interface PointFields {
  readonly time: number;
  readonly double?: number;
  readonly int?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly attributes: number;
  readonly flags: number;
}
export const NUMBER_POINT: PointFields = {
  time: fixed64(3),
  double: fixed64(4),
  int: fixed64(6),
  attributes: bytes(7),
  flags: varint(8),
};
/** `SummaryDataPoint` too, as far as it is read. */
export const HISTOGRAM_POINT: PointFields = {
  time: fixed64(3),
  count: fixed64(4),
  sum: fixed64(5),
  attributes: bytes(9),
  flags: varint(10),
};
/** Differs from `HistogramDataPoint` in the attributes alone. */
export const EXPONENTIAL_POINT: PointFields = { ...HISTOGRAM_POINT, attributes: bytes(1) };

/** `ExportTraceServiceResponse` and its like, `ExportTracePartialSuccess` and its like, and `google.rpc.Status`. */
export const RESPONSE = { partialSuccess: 1, rejected: 1, errorMessage: 2, statusCode: 1, statusMessage: 2 } as const;
