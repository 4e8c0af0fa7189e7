import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type AgentStorage, openStorage } from "@agent-assembly/storage";
import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "../../src/server/serve.js";
import { type GatewayProcess, gatewayProgram } from "../support/gateway-process.js";
import { span, TOOL_CALL, traces } from "../support/otlp-requests.js";

/** 10,000 by this variable, where the machine is not shared. */
const SPANS = Number(process.env.AASM_TEST_OTLP_SPANS ?? 2000);
const BATCH = 100;
const start = await gatewayProgram();

function callsOf(count: number): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": "shop" }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer("agent.tracer");
  for (let n = 0; n < count; n++) {
    const attributes = { ...TOOL_CALL, "gen_ai.tool.call.id": `call_${n}` };
    tracer.startSpan("execute_tool pay", { attributes }).end();
  }
  return exporter.getFinishedSpans();
}

function exported(exporter: OTLPTraceExporter, batch: ReadableSpan[]): Promise<boolean> {
  return new Promise((resolve) => exporter.export(batch, ({ code }) => resolve(code === 0)));
}

/** Sends a batch again until it is acknowledged, as a Collector does. */
async function deliver(exporter: OTLPTraceExporter, batch: ReadableSpan[]): Promise<void> {
  while (!(await exported(exporter, batch))) await setTimeout(50);
}

function callIdOf({ attributes }: ReadableSpan): string {
  return attributes["gen_ai.tool.call.id"] as string;
}

async function callIdsOf(storage: AgentStorage): Promise<string[]> {
  const ids: string[] = [];
  for await (const { payload } of storage.audit.stream({ action: "tool_call" })) {
    ids.push((payload as { toolCallId: string }).toolCallId);
  }
  return ids.sort();
}

test("each span once, through two kills of the gateway and a store that is locked for a while", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aasm-outages-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "events.db");
  const options = { backend: "sqlite", path, busyTimeoutMs: 200 } as const;
  let gateway: GatewayProcess = await start(options);
  const { port } = gateway;
  const exporter = new OTLPTraceExporter({ url: `${gateway.url}/v1/traces`, timeoutMillis: 2000 });
  const spans = callsOf(SPANS);
  const batches = Array.from({ length: Math.ceil(SPANS / BATCH) }, (_, n) => spans.slice(n * BATCH, (n + 1) * BATCH));
  const [firstKill, lock, secondKill] = [0.2, 0.5, 0.8].map((part) => Math.floor(part * batches.length));

  for (const [n, batch] of batches.entries()) {
    const delivered = deliver(exporter, batch);
    if (n === firstKill || n === secondKill) {
      await gateway.kill();
      gateway = await start(options, port);
    } else if (n === lock) {
      await delivered;
      await whileLocked(path, async () => {
        expect(await exported(exporter, batches[n + 1] as ReadableSpan[])).toBe(false);
        const refused = await post(gateway, traces([span(TOOL_CALL)]));
        expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
        expect(await refused.json()).toEqual({ code: 14, message: "the store is busy with another writer" });
      });
    }
    await delivered;
  }
  await exporter.shutdown();

  const storage = await openStorage({ backend: "sqlite", path });
  onTestFinished(() => storage.close());
  expect(await callIdsOf(storage)).toEqual(spans.map(callIdOf).sort());
});

test(
  ...needing(
    "own-servers",
    "a database that stops: 503 with the time to come back, and the exporter's retry stores once",
  ),
  async () => {
    const server = await startPostgres({ timescaledb: false, fsync: false });
    onTestFinished(() => server.stop());
    const database = await createDatabase(server.adminUrl, "otlp");
    const storage = await openStorage({ backend: "postgres", url: database.url, timescaledb: "off", migrate: "auto" });
    const gateway = await serve(storage, { port: 0, anonymous: ["ingest"] });
    onTestFinished(async () => {
      await gateway.close();
      await storage.close();
    });
    await server.kill();
    const refused = await post(gateway, traces([span(TOOL_CALL)]));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await refused.json()).toEqual({ code: 14, message: "the store cannot be reached" });

    const spans = callsOf(50);
    const exporter = new OTLPTraceExporter({ url: `${gateway.url}/v1/traces`, timeoutMillis: 30_000 });
    const sent = exported(exporter, spans);
    await server.restart("immediate");
    expect(await sent).toBe(true);
    await exporter.shutdown();
    expect(await callIdsOf(storage)).toEqual(spans.map(callIdOf).sort());
  },
);

function post({ url }: { readonly url: string }, body: string): Promise<Response> {
  return fetch(`${url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
}

/** Holds the lock of a store's file that writers need. */
async function whileLocked(path: string, use: () => Promise<void>): Promise<void> {
  const holder = new Database(path);
  holder.exec("BEGIN IMMEDIATE");
  try {
    await use();
  } finally {
    holder.close();
  }
}
