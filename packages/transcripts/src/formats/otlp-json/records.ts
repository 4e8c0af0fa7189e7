import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asText, isObject } from "../../calls/values.js";
import type { OtlpLog, OtlpOrigin, OtlpSpan, OtlpSpanEvent, SpanKind } from "../otlp/records.js";
import { arrayOf, DecodeNotes, decodeAttributes, decodeId, decodeTime, decodeValue } from "./values.js";

const KINDS: readonly (SpanKind | undefined)[] = [undefined, "internal", "server", "client", "producer", "consumer"];

/** The members of a resource or a scope that its records share. */
export interface Envelope {
  readonly resource: JsonValue | undefined;
  readonly scope: JsonValue | undefined;
  readonly schemaUrl: JsonValue | undefined;
}

/** Who sent records, from members of OTLP JSON; what is not of its type counts as absent. */
export function decodeOrigin({ resource, scope, schemaUrl }: Envelope): OtlpOrigin {
  const body = isObject(scope) ? scope : {};
  // The attributes of a resource are those of each record: what is wrong with them is not said a thousand times.
  const notes = new DecodeNotes();
  return {
    resource: decodeAttributes(isObject(resource) ? resource.attributes : undefined, notes),
    scope: { name: asText(body.name), version: asText(body.version) },
    schemaUrl: asText(schemaUrl),
  };
}

export function decodeSpan(value: JsonObject, origin: OtlpOrigin, notes: DecodeNotes): OtlpSpan {
  const status = isObject(value.status) ? value.status : {};
  return {
    origin,
    traceId: decodeId(value.traceId, 16),
    spanId: decodeId(value.spanId, 8),
    parentSpanId: decodeId(value.parentSpanId, 8),
    name: typeof value.name === "string" ? value.name : "",
    kind: decodeKind(value.kind),
    start: decodeTime(value.startTimeUnixNano),
    end: decodeTime(value.endTimeUnixNano),
    failed: status.code === 2 || status.code === "STATUS_CODE_ERROR",
    message: asText(status.message),
    attributes: decodeAttributes(value.attributes, notes),
    events: arrayOf(value.events, notes).flatMap((event) => decodeSpanEvent(event, notes)),
  };
}

/** A number, or its name where a writer follows protobuf's JSON. */
function decodeKind(value: JsonValue | undefined): SpanKind | undefined {
  if (typeof value === "number") return KINDS[value];
  const name = typeof value === "string" ? value.replace("SPAN_KIND_", "").toLowerCase() : undefined;
  return KINDS.find((kind) => kind !== undefined && kind === name);
}

function decodeSpanEvent(value: JsonValue, notes: DecodeNotes): OtlpSpanEvent[] {
  if (!isObject(value)) {
    notes.unread++;
    return [];
  }
  const attributes = decodeAttributes(value.attributes, notes);
  return [{ name: asText(value.name) ?? "", time: decodeTime(value.timeUnixNano), attributes }];
}

export function decodeLog(value: JsonObject, origin: OtlpOrigin, notes: DecodeNotes): OtlpLog {
  const body = value.body === undefined ? undefined : decodeValue(value.body, notes);
  return {
    origin,
    traceId: decodeId(value.traceId, 16),
    spanId: decodeId(value.spanId, 8),
    eventName: asText(value.eventName),
    time: decodeTime(value.timeUnixNano),
    observedTime: decodeTime(value.observedTimeUnixNano),
    body: body ?? undefined,
    attributes: decodeAttributes(value.attributes, notes),
  };
}
