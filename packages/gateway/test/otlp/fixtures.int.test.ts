import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { readTranscript } from "@agent-assembly/transcripts";
import { describe, expect, test } from "vitest";
import { parseSpans } from "../../src/otlp/json/records.js";
import { readSpans } from "../../src/otlp/protobuf/spans.js";
import { JSON_TYPE, PROTOBUF } from "../support/otlp-requests.js";
import { openOtlp, openSqlite } from "../support/otlp-server.js";

const FOLDER = new URL("../fixtures/otlp/", import.meta.url);
/** What exporters of npm wrote, as the readers of transcripts have it. */
const RECORDINGS = new URL("../../../transcripts/test/fixtures/otlp/", import.meta.url);
function bytesOf(name: string): Buffer<ArrayBuffer> {
  return Buffer.from(readFileSync(fileURLToPath(new URL(name, FOLDER))));
}

/** Events as JSON, without the time at which this store took them in. */
function plain(events: readonly AuditEvent[]): unknown {
  return JSON.parse(JSON.stringify(events.map(({ recordedAt: _, ...event }) => event)));
}

/** A store that takes events of any age. */
const openOtlpOfAnyAge = async () => openOtlp({ storage: await openSqlite({ limits: { maxAgeMs: Infinity } }) });

describe("a request derived from what Python's SDK documents", () => {
  test("the expected events, in either encoding, zipped or not, each once", async () => {
    const { send, events, counters } = await openOtlpOfAnyAge();
    const expected = JSON.parse(bytesOf("python-genai.expected.json").toString()) as unknown;
    const [protobuf, json] = [bytesOf("python-genai.bin"), bytesOf("python-genai.json")];
    const requests: [Buffer<ArrayBuffer>, Readonly<Record<string, string>>][] = [
      [protobuf, PROTOBUF],
      [gzipSync(protobuf), { ...PROTOBUF, "content-encoding": "gzip" }],
      [json, JSON_TYPE],
      [gzipSync(json), { ...JSON_TYPE, "content-encoding": "gzip" }],
    ];
    for (const [body, headers] of requests) {
      expect((await send("/v1/traces", body, headers)).status).toBe(200);
      expect(plain(await events())).toEqual(expected);
    }
    expect((await counters()).filter((line) => line.includes("rejected"))).toEqual([]);
  });

  test("its bytes and its JSON are one request", () => {
    expect(readSpans(bytesOf("python-genai.bin"))).toEqual(parseSpans(bytesOf("python-genai.json")));
  });
});

describe("one mapping, two doors", () => {
  test.each(["gen-ai", "openinference", "openllmetry", "ai-sdk", "openai-instrumentation", "coding-agents"])(
    "%s: what readTranscript gives of a file is what the gateway stores of its requests",
    async (name) => {
      const { send, events } = await openOtlpOfAnyAge();
      const { storage, events: imported } = await openOtlpOfAnyAge();
      const text = readFileSync(fileURLToPath(new URL(`${name}.jsonl`, RECORDINGS)), "utf8");
      for (const line of text.trim().split("\n")) {
        const signal = line.includes('"resourceSpans"') ? "traces" : "logs";
        expect((await send(`/v1/${signal}`, line)).status).toBe(200);
      }
      for await (const item of readTranscript(Readable.from([Buffer.from(text)]), { format: "otlp-json" })) {
        if ("event" in item) await storage.audit.append([item.event]);
      }
      expect((await events()).length).toBeGreaterThan(0);
      expect(plain(await events())).toEqual(plain(await imported()));
    },
  );
});
