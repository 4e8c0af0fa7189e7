/**
 * The mapping of OpenTelemetry's spans and log records to audit events, whichever encoding they came in. `readTranscript` reads
 * files of them with it; a server that takes them can, too.
 * @packageDocumentation
 */
export { ownersIn } from "./formats/otlp/agents.js";
export type { PayloadLimits } from "./formats/otlp/fit-payload.js";
export { mapRecords } from "./formats/otlp/map-records.js";
export type { Mapped, MappedEvent, MappingOptions, MappingProblem, MappingRefusal } from "./formats/otlp/mapped.js";
export type {
  OtlpAttributes,
  OtlpLog,
  OtlpOrigin,
  OtlpSpan,
  OtlpSpanEvent,
  SpanKind,
} from "./formats/otlp/records.js";
export { type DecodedRecord, decodeRequest } from "./formats/otlp-json/decode-request.js";
export { decodeOrigin } from "./formats/otlp-json/records.js";
export { DecodeNotes, decodeAttributes, decodeTime } from "./formats/otlp-json/values.js";
export type { FoundOther } from "./formats/otlp-json/walk.js";
