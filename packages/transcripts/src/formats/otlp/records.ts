import type { JsonValue } from "@agent-assembly/storage-core";

/** Attributes by name. Integers beyond 2^53 are text, bytes are base64. */
export type OtlpAttributes = ReadonlyMap<string, JsonValue>;

/** What sent a record. */
export interface OtlpOrigin {
  readonly resource: OtlpAttributes;
  readonly scope: { readonly name: string | undefined; readonly version: string | undefined };
  /** Of the scope, else of the resource. */
  readonly schemaUrl: string | undefined;
}

/** A span, whichever encoding it came in. */
export interface OtlpSpan {
  readonly origin: OtlpOrigin;
  /** 32 hexadecimal digits in lower case; absent when it is none that is valid. */
  readonly traceId: string | undefined;
  /** 16 hexadecimal digits in lower case. */
  readonly spanId: string | undefined;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind | undefined;
  /** Nanoseconds since the epoch; absent when unknown. */
  readonly start: bigint | undefined;
  readonly end: bigint | undefined;
  readonly failed: boolean;
  /** Of the status. */
  readonly message: string | undefined;
  readonly attributes: OtlpAttributes;
  readonly events: readonly OtlpSpanEvent[];
}

/** On which side of a call a span was made. */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** Something that happened within a span; times are nanoseconds since the epoch. */
export interface OtlpSpanEvent {
  readonly name: string;
  readonly time: bigint | undefined;
  readonly attributes: OtlpAttributes;
}

/** A log record, whichever encoding it came in. */
export interface OtlpLog {
  readonly origin: OtlpOrigin;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly eventName: string | undefined;
  /** Nanoseconds since the epoch; absent when unknown. */
  readonly time: bigint | undefined;
  readonly observedTime: bigint | undefined;
  readonly body: JsonValue | undefined;
  readonly attributes: OtlpAttributes;
}

export function isSpan(record: OtlpSpan | OtlpLog): record is OtlpSpan {
  return "events" in record;
}
