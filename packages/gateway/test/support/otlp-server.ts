import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentStorage } from "@agent-assembly/storage";
import { API_TOKEN_SCOPES, openStorage, type SqliteOptions } from "@agent-assembly/storage";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import type { GatewayContext, GatewayEnv, Identity } from "../../src/context.js";
import { type BodyLimits, createBodyReader } from "../../src/http/body.js";
import { problemOf } from "../../src/http/problem.js";
import { createMetricRegistry } from "../../src/metrics/registry.js";
import { failureResponse, type OtlpOptions, otlpRoutes } from "../../src/otlp/index.js";

/** Routes that take telemetry, over a store. */
export interface OtlpApp {
  readonly storage: AgentStorage;
  /** The lines of the counters of OTLP, as Prometheus reads them. */
  counters(): Promise<string[]>;
  /** Sends a request, without a socket. */
  send(
    path: string,
    body: Uint8Array<ArrayBuffer> | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  /** All events of the store, the oldest first. */
  events(): Promise<AuditEvent[]>;
  /** What the gateway was closed with. */
  readonly closing: AbortController;
  readonly app: Hono<GatewayEnv>;
}

export interface OtlpAppOptions {
  readonly otlp?: OtlpOptions | undefined;
  readonly identity?: Partial<Identity> | undefined;
  readonly storage?: AgentStorage | undefined;
  readonly limits?: BodyLimits | undefined;
  readonly now?: (() => number) | undefined;
}

/** Closed when the test ends. */
export async function openOtlp(options: OtlpAppOptions = {}): Promise<OtlpApp> {
  const storage = options.storage ?? (await openStorage({ backend: "memory" }));
  if (options.storage === undefined) onTestFinished(() => storage.close());
  const closing = new AbortController();
  const metrics = createMetricRegistry();
  const context: GatewayContext = {
    storage,
    append: (events) => storage.audit.append(events),
    accessAudit: false,
    onError: undefined,
    now: options.now ?? Date.now,
    startedAt: 0,
    mode: "local",
    retention: undefined,
    bodies: createBodyReader(options.limits),
    metrics,
    closing: closing.signal,
  };
  const identity: Identity = {
    name: "test",
    scopes: new Set(API_TOKEN_SCOPES),
    teamId: undefined,
    credential: "token",
    ...options.identity,
  };
  const app = new Hono<GatewayEnv>();
  app.use(async (c, next) => {
    c.set("authenticate", async () => identity);
    await next();
  });
  app.onError((error, c) => failureResponse(c, problemOf(error)));
  app.route("/", otlpRoutes(context, options.otlp));
  return {
    storage,
    closing,
    counters: async () => (await metrics.text()).split("\n").filter((line) => line.startsWith("aasm_otlp_")),

    app,
    send: async (path, body, headers = {}) =>
      app.request(path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } }),
    async events() {
      const found: AuditEvent[] = [];
      for await (const event of storage.audit.stream()) found.push(event);
      return found;
    },
  };
}

/** The same on a port of this machine. @returns its URL */
export async function listen({ app }: Pick<OtlpApp, "app">): Promise<string> {
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  await new Promise<void>((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A SQLite store in a folder of its own; both are gone when the test ends. */
export async function openSqlite(options: Omit<SqliteOptions, "path"> = {}): Promise<AgentStorage> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-otlp-"));
  const storage = await openStorage({ backend: "sqlite", path: join(folder, "events.db"), ...options });
  onTestFinished(async () => {
    await storage.close();
    await rm(folder, { recursive: true, force: true });
  });
  return storage;
}
