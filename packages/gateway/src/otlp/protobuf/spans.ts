import type { JsonValue } from "@agent-assembly/storage-core";
import type { OtlpOrigin, OtlpSpan, OtlpSpanEvent, SpanKind } from "@agent-assembly/transcripts/otlp";
import { SPAN, SPAN_EVENT, SPAN_STATUS } from "./fields.js";
import type { MessageReader } from "./reader.js";
import { readRequest } from "./request.js";
import { given, readAttribute } from "./values.js";

const KINDS: readonly (SpanKind | undefined)[] = [undefined, "internal", "server", "client", "producer", "consumer"];
const FAILED = 2;
const NO_EVENTS: readonly OtlpSpanEvent[] = [];

/** The spans of an `ExportTraceServiceRequest`. @throws ProblemError 400 */
export function readSpans(bytes: Buffer): OtlpSpan[] {
  return readRequest<OtlpSpan>(bytes, readSpan);
}

function readSpan(reader: MessageReader, end: number, origin: OtlpOrigin, spans: OtlpSpan[]): void {
  const attributes = new Map<string, JsonValue>();
  const span: { -readonly [Member in keyof OtlpSpan]: OtlpSpan[Member] } = {
    origin,
    traceId: undefined,
    spanId: undefined,
    parentSpanId: undefined,
    name: "",
    kind: undefined,
    start: undefined,
    end: undefined,
    failed: false,
    message: undefined,
    attributes,
    events: NO_EVENTS,
  };
  let events: OtlpSpanEvent[] | undefined;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    switch (tag) {
      case SPAN.traceId:
        span.traceId = reader.hex(16, end);
        break;
      case SPAN.spanId:
        span.spanId = reader.hex(8, end);
        break;
      case SPAN.parentSpanId:
        span.parentSpanId = reader.hex(8, end);
        break;
      case SPAN.name:
        span.name = reader.name(end);
        break;
      case SPAN.kind:
        span.kind = KINDS[reader.int32()];
        break;
      case SPAN.start:
        span.start = reader.time();
        break;
      case SPAN.end:
        span.end = reader.time();
        break;
      case SPAN.attributes:
        readAttribute(reader, end, attributes);
        break;
      case SPAN.events:
        events ??= [];
        events.push(readEvent(reader, end));
        break;
      case SPAN.status:
        readStatus(reader, end, span);
        break;
      default:
        reader.pass(tag, end);
    }
  }
  if (events !== undefined) span.events = events;
  spans.push(span);
}

function readEvent(reader: MessageReader, outer: number): OtlpSpanEvent {
  reader.countValue();
  const end = reader.enter(outer);
  const attributes = new Map<string, JsonValue>();
  let name = "";
  let time: bigint | undefined;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === SPAN_EVENT.time) time = reader.time();
    else if (tag === SPAN_EVENT.name) name = reader.name(end);
    else if (tag === SPAN_EVENT.attributes) readAttribute(reader, end, attributes);
    else reader.pass(tag, end);
  }
  return { name, time, attributes };
}

function readStatus(
  reader: MessageReader,
  outer: number,
  span: { failed: boolean; message: string | undefined },
): void {
  const end = reader.enter(outer);
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === SPAN_STATUS.message) span.message = given(reader.text(end));
    else if (tag === SPAN_STATUS.code) span.failed = reader.int32() === FAILED;
    else reader.pass(tag, end);
  }
}
