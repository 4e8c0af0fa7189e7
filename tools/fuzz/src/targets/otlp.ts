import { gzipSync } from "node:zlib";
import { createGateway, type Gateway } from "@agent-assembly/gateway";
import { type AgentStorage, openStorage } from "@agent-assembly/storage";
import type { JsonValue, MetricSample, NewAuditEvent } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { type Changes, changed, changes } from "../support/mutate.js";
import { type OtlpSample, otlpSamples } from "../support/otlp-samples.js";
import { leavesOf, Source } from "../support/source.js";
import { defineTarget } from "../target.js";

interface Input {
  readonly sample: OtlpSample;
  readonly list: Changes | null;
  readonly zip: "no" | "yes" | "changed";
}

/** The answers that a request may get; anything else is a defect. */
const ANSWERS: readonly number[] = [200, 400, 413, 415];
/** A store in memory keeps what it gets: after so many requests another one takes its place. */
const REQUESTS_PER_STORE = 1000;

/** Requests to the three paths of OTLP, changed; everything that is stored has to be in the request. */
export const otlp = defineTarget<Input>(async () => {
  const samples = otlpSamples();
  let open = await openGateway();
  let count = 0;
  return {
    input: fc.record({
      sample: fc.constantFrom(...samples),
      list: fc.option(changes, { freq: 8 }),
      zip: fc.constantFrom("no", "no", "no", "yes", "changed"),
    }),
    async enter({ sample, list, zip }) {
      if (++count % REQUESTS_PER_STORE === 0) {
        await open.close();
        open = await openGateway();
      }
      const body = list === null || zip === "changed" ? sample.body : changed(sample.body, list);
      const zipped = zip === "no" ? body : gzipSync(body, { level: 1 });
      const sent = zip === "changed" && list !== null ? changed(zipped, list) : zipped;
      const headers = {
        "content-type": sample.isJson ? "application/json" : "application/x-protobuf",
        ...(zip === "no" ? {} : { "content-encoding": "gzip" }),
      };
      const init = { method: "POST", headers, body: new Uint8Array(sent) };
      const { status } = await open.gateway.fetch(new Request(`http://127.0.0.1:7391${sample.path}`, init));
      if (!ANSWERS.includes(status)) throw new Error(`${sample.path} answered ${status}`);
      const stored = open.taken();
      if (status !== 200 && stored.length > 0) throw new Error(`${sample.path} answered ${status}, and stored`);
      if (zip !== "changed" || list === null) checkStored(stored, body);
    },
    close: () => open.close(),
  };
});

interface OpenGateway {
  readonly gateway: Gateway;
  /** What was handed to the store since the last call. */
  taken(): JsonValue[];
  close(): Promise<void>;
}

async function openGateway(): Promise<OpenGateway> {
  const storage = await openStorage({ backend: "memory" });
  let handed: JsonValue[] = [];
  const watched: AgentStorage = {
    ...storage,
    audit: {
      ...storage.audit,
      append: (events, options) => {
        handed.push(...events.map(partsOfEvent));
        return storage.audit.append(events, options);
      },
    },
    metrics: {
      ...storage.metrics,
      record: (samples) => {
        handed.push(...samples.map(partsOfSample));
        return storage.metrics.record(samples);
      },
    },
  };
  const gateway = createGateway(watched, { anonymous: ["ingest"] });
  return {
    gateway,
    taken() {
      const stored = handed;
      handed = [];
      return stored;
    },
    async close() {
      await gateway.close();
      await storage.close();
    },
  };
}

function partsOfEvent({ agentId, teamId, sessionId, action, payload }: NewAuditEvent): JsonValue {
  return [agentId, teamId ?? null, sessionId ?? null, action, payload ?? null];
}

/** A histogram gives two samples, whose names have an end of their own. */
function partsOfSample({ metric, agentId, teamId, labels }: MetricSample): JsonValue {
  return [metric.replace(/\.(?:sum|count)$/, ""), agentId ?? null, teamId ?? null, { ...labels }];
}

/** Numbers and bytes stand in protobuf as they do not in text. */
const NUMBER_AS_TEXT = /^(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-?Infinity|NaN|true|false)$/;

function checkStored(stored: readonly JsonValue[], body: Uint8Array): void {
  if (stored.length === 0) return;
  const source = new Source(body);
  for (const leaf of stored.flatMap((parts) => leavesOf(parts))) {
    if (typeof leaf === "number" || NUMBER_AS_TEXT.test(leaf) || source.has(leaf) || hasBytes(body, leaf)) continue;
    throw new Error(`${JSON.stringify(leaf)} is stored, and is not in the request`);
  }
}

/** A value of bytes is stored as base64. */
function hasBytes(body: Uint8Array, leaf: string): boolean {
  const bytes = Buffer.from(leaf, "base64");
  return bytes.toString("base64") === leaf && Buffer.from(body).includes(bytes);
}
