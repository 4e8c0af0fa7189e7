import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePoints } from "../../src/otlp/json/points.js";
import { parseLogs, parseSpans } from "../../src/otlp/json/records.js";
import { readLogs } from "../../src/otlp/protobuf/logs.js";
import { readPoints } from "../../src/otlp/protobuf/points.js";
import { readSpans } from "../../src/otlp/protobuf/spans.js";
import { logs, metrics, requestsOf, spans } from "../support/otlp-models.js";
import { schemaOf } from "../support/otlp-schema.js";

const CASES = [
  ["traces", spans, ["resourceSpans", "scopeSpans", "spans"], "Trace", readSpans, parseSpans],
  ["logs", logs, ["resourceLogs", "scopeLogs", "logRecords"], "Logs", readLogs, parseLogs],
  ["metrics", metrics, ["resourceMetrics", "scopeMetrics", "metrics"], "Metrics", readPoints, parsePoints],
] as const;

function encoded(name: string, init: object): Buffer {
  const schema = schemaOf(name);
  return Buffer.from(toBinary(schema, create(schema, init as never)));
}

test.each(CASES)(
  "%s: what the library encodes from descriptors, and the same in OTLP JSON, decodes to what was meant",
  (...one) => {
    const [, record, names, name, read, parse] = one;
    const requests = requestsOf(record as fc.Arbitrary<never>, names);
    fc.assert(
      fc.property(requests, ({ message, json, decoded }) => {
        expect(read(encoded(`Export${name}ServiceRequest`, message))).toEqual(decoded);
        expect(parse(Buffer.from(JSON.stringify(json)))).toEqual(decoded);
      }),
      { numRuns: 500 },
    );
  },
);
