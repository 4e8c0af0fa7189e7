import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import type { DescriptorProtoSchema, FieldDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

/** `[number, type]`; a type in `[]` is repeated, one that is no scalar names a message, `?` may be absent. */
type Fields = Readonly<Record<string, readonly [number, string]>>;

const SCALARS: Readonly<Record<string, Type>> = {
  string: Type.STRING,
  bytes: Type.BYTES,
  bool: Type.BOOL,
  double: Type.DOUBLE,
  int32: Type.INT32,
  uint32: Type.UINT32,
  int64: Type.INT64,
  fixed32: Type.FIXED32,
  fixed64: Type.FIXED64,
  sfixed64: Type.SFIXED64,
  uint64: Type.UINT64,
};

const ANY_VALUE: Fields = {
  string_value: [1, "string"],
  bool_value: [2, "bool"],
  int_value: [3, "int64"],
  double_value: [4, "double"],
  array_value: [5, "ArrayValue"],
  kvlist_value: [6, "KeyValueList"],
  bytes_value: [7, "bytes"],
};

const requestOf = (resources: string): Fields => ({ resources: [1, `[]${resources}`] });
const ofResource = (scopes: string): Fields => ({
  resource: [1, "Resource"],
  scopes: [2, `[]${scopes}`],
  schema_url: [3, "string"],
});
const ofScope = (record: string): Fields => ({
  scope: [1, "InstrumentationScope"],
  records: [2, `[]${record}`],
  schema_url: [3, "string"],
});
const histogram: Fields = { data_points: [1, "[]HistogramDataPoint"], aggregation_temporality: [2, "int32"] };

/** The messages of opentelemetry-proto as far as a gateway reads them, and some fields that it passes over. */
const MESSAGES: Readonly<Record<string, Fields>> = {
  ArrayValue: { values: [1, "[]AnyValue"] },
  KeyValueList: { values: [1, "[]KeyValue"] },
  KeyValue: { key: [1, "string"], value: [2, "AnyValue"] },
  Resource: { attributes: [1, "[]KeyValue"], dropped_attributes_count: [2, "uint32"] },
  InstrumentationScope: { name: [1, "string"], version: [2, "string"], attributes: [3, "[]KeyValue"] },

  ExportTraceServiceRequest: requestOf("ResourceSpans"),
  ResourceSpans: ofResource("ScopeSpans"),
  ScopeSpans: ofScope("Span"),
  Span: {
    trace_id: [1, "bytes"],
    span_id: [2, "bytes"],
    trace_state: [3, "string"],
    parent_span_id: [4, "bytes"],
    name: [5, "string"],
    kind: [6, "int32"],
    start_time_unix_nano: [7, "fixed64"],
    end_time_unix_nano: [8, "fixed64"],
    attributes: [9, "[]KeyValue"],
    dropped_attributes_count: [10, "uint32"],
    events: [11, "[]Event"],
    dropped_events_count: [12, "uint32"],
    links: [13, "[]Link"],
    status: [15, "Status"],
    flags: [16, "fixed32"],
  },
  Event: { time_unix_nano: [1, "fixed64"], name: [2, "string"], attributes: [3, "[]KeyValue"] },
  Link: { trace_id: [1, "bytes"], span_id: [2, "bytes"], attributes: [4, "[]KeyValue"] },
  Status: { message: [2, "string"], code: [3, "int32"] },

  ExportLogsServiceRequest: requestOf("ResourceLogs"),
  ResourceLogs: ofResource("ScopeLogs"),
  ScopeLogs: ofScope("LogRecord"),
  LogRecord: {
    time_unix_nano: [1, "fixed64"],
    severity_number: [2, "int32"],
    severity_text: [3, "string"],
    body: [5, "AnyValue"],
    attributes: [6, "[]KeyValue"],
    flags: [8, "fixed32"],
    trace_id: [9, "bytes"],
    span_id: [10, "bytes"],
    observed_time_unix_nano: [11, "fixed64"],
    event_name: [12, "string"],
  },

  ExportMetricsServiceRequest: requestOf("ResourceMetrics"),
  ResourceMetrics: ofResource("ScopeMetrics"),
  ScopeMetrics: ofScope("Metric"),
  Metric: {
    name: [1, "string"],
    unit: [3, "string"],
    gauge: [5, "Gauge"],
    sum: [7, "Sum"],
    histogram: [9, "Histogram"],
    exponential_histogram: [10, "ExponentialHistogram"],
    summary: [11, "Summary"],
  },
  Gauge: { data_points: [1, "[]NumberDataPoint"] },
  Sum: { data_points: [1, "[]NumberDataPoint"], aggregation_temporality: [2, "int32"], is_monotonic: [3, "bool"] },
  Histogram: histogram,
  ExponentialHistogram: { ...histogram, data_points: [1, "[]ExponentialHistogramDataPoint"] },
  Summary: { data_points: [1, "[]SummaryDataPoint"] },
  NumberDataPoint: {
    start_time_unix_nano: [2, "fixed64"],
    time_unix_nano: [3, "fixed64"],
    as_double: [4, "?double"],
    as_int: [6, "?sfixed64"],
    attributes: [7, "[]KeyValue"],
    flags: [8, "uint32"],
  },
  HistogramDataPoint: {
    time_unix_nano: [3, "fixed64"],
    count: [4, "fixed64"],
    sum: [5, "?double"],
    bucket_counts: [6, "[]fixed64"],
    explicit_bounds: [7, "[]double"],
    attributes: [9, "[]KeyValue"],
    flags: [10, "uint32"],
  },
  ExponentialHistogramDataPoint: {
    attributes: [1, "[]KeyValue"],
    time_unix_nano: [3, "fixed64"],
    count: [4, "fixed64"],
    sum: [5, "?double"],
    flags: [10, "uint32"],
  },
  SummaryDataPoint: { time_unix_nano: [3, "fixed64"], count: [4, "fixed64"], sum: [5, "double"] },

  ExportResponse: { partial_success: [1, "PartialSuccess"] },
  PartialSuccess: { rejected: [1, "int64"], error_message: [2, "string"] },
  RpcStatus: { code: [1, "int32"], message: [2, "string"] },
};

const PACKAGE = "otlp.test";

function fieldOf(name: string, number: number, type: string): MessageInitShape<typeof FieldDescriptorProtoSchema> {
  const plain = type.replace(/^(?:\[\]|\?)/, "");
  const scalar = SCALARS[plain];
  return {
    name,
    number,
    label: type.startsWith("[]") ? Label.REPEATED : Label.OPTIONAL,
    type: scalar ?? Type.MESSAGE,
    ...(scalar === undefined ? { typeName: `.${PACKAGE}.${plain}` } : {}),
  };
}

/** A message; the fields of a oneof are `value`, and those that may be absent have one of their own, as in proto3. */
function messageOf(name: string, fields: Fields, oneof = false): MessageInitShape<typeof DescriptorProtoSchema> {
  const optional = Object.entries(fields).filter(([, [, type]]) => type.startsWith("?"));
  const field = Object.entries(fields).map(([own, [number, type]]) => ({
    ...fieldOf(own, number, type),
    ...(oneof ? { oneofIndex: 0 } : {}),
    ...(type.startsWith("?")
      ? { proto3Optional: true, oneofIndex: optional.findIndex(([other]) => other === own) }
      : {}),
  }));
  const oneofDecl = oneof ? [{ name: "value" }] : optional.map(([own]) => ({ name: `_${own}` }));
  return { name, field, oneofDecl };
}

const registry = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      {
        name: "otlp.proto",
        package: PACKAGE,
        syntax: "proto3",
        messageType: [
          messageOf("AnyValue", ANY_VALUE, true),
          ...Object.entries(MESSAGES).map(([name, fields]) => messageOf(name, fields)),
        ],
      },
    ],
  }),
);

/** The descriptor of a message, for the library's own `toBinary` and `fromBinary`. */
export function schemaOf(name: string): DescMessage {
  const found = registry.getMessage(`${PACKAGE}.${name}`);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
}
