import type { OtlpLog, OtlpOrigin, OtlpSpan } from "@agent-assembly/transcripts/otlp";
import fc from "fast-check";
import type { OtlpPoint } from "../../src/otlp/metrics/point.js";
import { attributes, id, text, time, value } from "./otlp-values.js";

/** A record in each form; what it is decoded to lacks the origin, which its request has. */
export interface Model<Record> {
  readonly message: object;
  readonly json: object;
  readonly decoded: readonly Omit<Record, "origin">[];
}

/** A request in each form. */
export interface RequestModel<Record> {
  readonly message: object;
  readonly json: object;
  readonly decoded: readonly Record[];
}

const KINDS = [undefined, "internal", "server", "client", "producer", "consumer"] as const;

const spanEvents = fc.array(
  fc.record({ name: text, at: time, attributes }).map(({ name, at, attributes: own }) => ({
    message: { name, timeUnixNano: at.fixed, attributes: own.message },
    json: { name, timeUnixNano: at.json, attributes: own.json },
    decoded: { name, time: at.decoded, attributes: own.decoded },
  })),
  { maxLength: 2 },
);

export const spans: fc.Arbitrary<Model<OtlpSpan>> = fc
  .record({
    traceId: id(16),
    spanId: id(8),
    parent: id(8),
    name: text,
    kind: fc.nat(5),
    start: time,
    end: time,
    attributes,
    events: spanEvents,
    status: fc.record({ code: fc.nat(2), message: text }),
    traceState: text,
  })
  .map((span) => {
    const shared = { name: span.name, kind: span.kind, status: span.status, traceState: span.traceState };
    return {
      message: {
        ...shared,
        traceId: span.traceId.bytes,
        spanId: span.spanId.bytes,
        parentSpanId: span.parent.bytes,
        startTimeUnixNano: span.start.fixed,
        endTimeUnixNano: span.end.fixed,
        attributes: span.attributes.message,
        events: span.events.map(({ message }) => message),
        links: [{ traceId: span.traceId.bytes, spanId: span.spanId.bytes, attributes: span.attributes.message }],
        flags: 0x101,
      },
      json: {
        ...shared,
        traceId: span.traceId.hex,
        spanId: span.spanId.hex,
        parentSpanId: span.parent.hex,
        startTimeUnixNano: span.start.json,
        endTimeUnixNano: span.end.json,
        attributes: span.attributes.json,
        events: span.events.map(({ json }) => json),
        links: [{ traceId: span.traceId.hex, attributes: span.attributes.json }],
        flags: 0x101,
        futureField: { unknown: [1] },
      },
      decoded: [
        {
          traceId: span.traceId.decoded,
          spanId: span.spanId.decoded,
          parentSpanId: span.parent.decoded,
          name: span.name,
          kind: KINDS[span.kind],
          start: span.start.decoded,
          end: span.end.decoded,
          failed: span.status.code === 2,
          message: span.status.message || undefined,
          attributes: span.attributes.decoded,
          events: span.events.map(({ decoded }) => decoded),
        },
      ],
    };
  });

export const logs: fc.Arbitrary<Model<OtlpLog>> = fc
  .record({ traceId: id(16), spanId: id(8), at: time, observed: time, eventName: text, body: value, attributes })
  .map((log) => ({
    message: {
      timeUnixNano: log.at.fixed,
      observedTimeUnixNano: log.observed.fixed,
      severityNumber: 9,
      severityText: "INFO",
      body: log.body.message,
      attributes: log.attributes.message,
      flags: 1,
      traceId: log.traceId.bytes,
      spanId: log.spanId.bytes,
      eventName: log.eventName,
    },
    json: {
      timeUnixNano: log.at.json,
      observedTimeUnixNano: log.observed.json,
      severityNumber: 9,
      body: log.body.json,
      attributes: log.attributes.json,
      traceId: log.traceId.hex,
      spanId: log.spanId.hex,
      eventName: log.eventName,
    },
    decoded: [
      {
        traceId: log.traceId.decoded,
        spanId: log.spanId.decoded,
        eventName: log.eventName || undefined,
        time: log.at.decoded,
        observedTime: log.observed.decoded,
        body: log.body.decoded ?? undefined,
        attributes: log.attributes.decoded,
      },
    ],
  }));

const number = fc.oneof(
  fc.double({ noNaN: true }).map((double) => {
    const value = Object.is(double, -0) ? 0 : double;
    return { message: { asDouble: value }, json: { asDouble: Number.isFinite(value) ? value : String(value) }, value };
  }),
  fc.maxSafeInteger().map((int) => ({ message: { asInt: BigInt(int) }, json: { asInt: String(int) }, value: int })),
  fc.constant({ message: {}, json: {}, value: undefined }),
);

type Decoded = Omit<OtlpPoint, "origin" | "metric" | "kind" | "temporality" | "monotonic">;

const numberPoints: fc.Arbitrary<Model<Decoded>[]> = fc.array(
  fc
    .record({ at: time, number, attributes, flags: fc.nat(1) })
    .map(({ at, number: own, attributes: labels, flags }) => ({
      message: { ...own.message, timeUnixNano: at.fixed, attributes: labels.message, flags },
      json: { ...own.json, timeUnixNano: at.json, attributes: labels.json, flags },
      decoded: [
        {
          time: at.decoded,
          value: own.value,
          count: undefined,
          sum: undefined,
          attributes: labels.decoded,
          recorded: flags === 0,
        },
      ],
    })),
  { maxLength: 3 },
);

const histogramPoints: fc.Arbitrary<Model<Decoded>[]> = fc.array(
  fc
    .record({ at: time, count: fc.nat(), sum: fc.option(fc.integer(), { nil: undefined }), attributes })
    .map(({ at, count, sum, attributes: labels }) => ({
      message: {
        timeUnixNano: at.fixed,
        count: BigInt(count),
        attributes: labels.message,
        ...(sum === undefined ? {} : { sum }),
      },
      json: { timeUnixNano: at.json, count: String(count), sum, attributes: labels.json },
      decoded: [{ time: at.decoded, value: undefined, count, sum, attributes: labels.decoded, recorded: true }],
    })),
  { maxLength: 3 },
);

const TEMPORALITIES = [undefined, "delta", "cumulative"] as const;

function metricOf(
  member: "gauge" | "sum" | "histogram" | "exponentialHistogram",
  list: fc.Arbitrary<Model<Decoded>[]>,
): fc.Arbitrary<Model<OtlpPoint>> {
  const isSum = member === "sum";
  return fc.record({ name: text, list, temporality: fc.nat(2), monotonic: fc.boolean() }).map((metric) => {
    const temporality = member === "gauge" ? 0 : metric.temporality;
    const extra = {
      ...(member === "gauge" ? {} : { aggregationTemporality: temporality }),
      ...(isSum ? { isMonotonic: metric.monotonic } : {}),
    };
    const dataPoints = (form: "message" | "json"): object[] => metric.list.map((point) => point[form]);
    return {
      message: { name: metric.name, unit: "1", [member]: { dataPoints: dataPoints("message"), ...extra } },
      json: { name: metric.name, unit: "1", [member]: { dataPoints: dataPoints("json"), ...extra } },
      decoded: metric.list.flatMap(({ decoded }) =>
        decoded.map((point) => ({
          ...point,
          metric: metric.name,
          kind: member === "exponentialHistogram" ? ("histogram" as const) : member,
          temporality: TEMPORALITIES[temporality],
          monotonic: isSum && metric.monotonic,
        })),
      ),
    };
  });
}

export const metrics: fc.Arbitrary<Model<OtlpPoint>> = fc.oneof(
  metricOf("gauge", numberPoints),
  metricOf("sum", numberPoints),
  metricOf("histogram", histogramPoints),
  metricOf("exponentialHistogram", histogramPoints),
);

/** Requests of such records. @param names of the lists in OTLP JSON: resources, scopes, records */
export function requestsOf<Record extends { readonly origin: OtlpOrigin }>(
  record: fc.Arbitrary<Model<Record>>,
  [resources, scopes, records]: readonly [string, string, string],
): fc.Arbitrary<RequestModel<Record>> {
  const scope = fc.record({ name: text, version: text, schemaUrl: text, list: fc.array(record, { maxLength: 4 }) });
  const resource = fc.record({ attributes, schemaUrl: text, scopes: fc.array(scope, { maxLength: 2 }) });
  return fc.array(resource, { maxLength: 2 }).map((list) => ({
    message: {
      resources: list.map((one) => ({
        resource: { attributes: one.attributes.message },
        schemaUrl: one.schemaUrl,
        scopes: one.scopes.map(({ name, version, schemaUrl, list: inner }) => ({
          scope: { name, version },
          schemaUrl,
          records: inner.map(({ message }) => message),
        })),
      })),
    },
    json: {
      [resources]: list.map((one) => ({
        resource: { attributes: one.attributes.json },
        schemaUrl: one.schemaUrl,
        [scopes]: one.scopes.map(({ name, version, schemaUrl, list: inner }) => ({
          scope: { name, version },
          schemaUrl,
          [records]: inner.map(({ json }) => json),
        })),
      })),
    },
    decoded: list.flatMap((one) =>
      one.scopes.flatMap(({ name, version, schemaUrl, list: inner }) => {
        const origin: OtlpOrigin = {
          resource: one.attributes.decoded,
          scope: { name: name || undefined, version: version || undefined },
          schemaUrl: schemaUrl || one.schemaUrl || undefined,
        };
        return inner.flatMap(({ decoded }) => decoded.map((own) => ({ ...own, origin }) as unknown as Record));
      }),
    ),
  }));
}
