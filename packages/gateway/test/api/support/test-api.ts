import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentStorage, openStorage } from "@agent-assembly/storage";
import { API_TOKEN_SCOPES, type AuditLimits } from "@agent-assembly/storage-core";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import { apiRoutes } from "../../../src/api/index.js";
import { problem as problemSchema } from "../../../src/api/schemas/common.js";
import { ROUTES } from "../../../src/api/table.js";
import type { GatewayContext, GatewayEnv, Identity, Scope } from "../../../src/context.js";
import { createBodyReader } from "../../../src/http/body.js";
import { problemOf, problemResponse } from "../../../src/http/problem.js";
import { sampledAppend } from "../../../src/ingest/append-events.js";
import { createMetricRegistry } from "../../../src/metrics/registry.js";
import type { RetentionOptions } from "../../../src/retention.js";

/** How a test's API is made. */
export interface TestApiOptions {
  /** @default a new SQLite file */
  readonly backend?: "memory" | "sqlite";
  /** The store of another gateway, in place of one of its own. */
  readonly storage?: AgentStorage;
  readonly retention?: RetentionOptions;
  readonly limits?: AuditLimits;
  readonly clock?: () => number;
  readonly accessAudit?: boolean;
  readonly sampleModelCalls?: boolean;
  readonly onError?: (error: unknown) => void;
  /** Stands in front of the store. */
  readonly wrap?: (storage: AgentStorage) => AgentStorage;
}

/** What a request is made of, besides method and path. */
export interface CallOptions {
  readonly as?: Identity;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An answer whose body was read, and held to the schema of its route. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of all shapes
  readonly body: any;
}

/** An API over a store of its own. */
export interface TestApi {
  readonly storage: AgentStorage;
  readonly context: GatewayContext;
  /** Aborts what a closing gateway aborts. */
  readonly closing: AbortController;
  fetch(method: string, path: string, options?: CallOptions): Promise<Response>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

/** An identity with these scopes. */
export function identity(name: string, scopes: readonly Scope[] = API_TOKEN_SCOPES, teamId?: string): Identity {
  return { name, scopes: new Set(scopes), teamId, credential: "token" };
}

export const OPERATOR = identity("operator");

/** Closed and removed after the test. */
export async function testApi(options: TestApiOptions = {}): Promise<TestApi> {
  const opened = options.storage ?? (await open(options));
  const storage = options.wrap?.(opened) ?? opened;
  const closing = new AbortController();
  onTestFinished(() => closing.abort());
  const now = options.clock ?? Date.now;
  const metrics = createMetricRegistry();
  const { onError } = options;
  const context: GatewayContext = {
    storage,
    append:
      options.sampleModelCalls === true
        ? sampledAppend({ storage, metrics, onError })
        : (events) => storage.audit.append(events),
    now,
    startedAt: now(),
    mode: "local",
    retention: options.retention === undefined ? undefined : { ...options.retention },
    accessAudit: options.accessAudit ?? false,
    onError,
    bodies: createBodyReader(),
    metrics,
    closing: closing.signal,
  };
  const identities = new Map<string, Identity>();
  const app = new Hono<GatewayEnv>();
  app.onError((error) => problemResponse(problemOf(error)));
  app.use(async (c, next) => {
    const sender = identities.get(c.req.header("x-test-sender") ?? "") ?? OPERATOR;
    c.set("authenticate", async () => sender);
    await next();
  });
  app.route("/", apiRoutes(context));

  const fetch: TestApi["fetch"] = async (method, path, { as = OPERATOR, json, body, headers, signal } = {}) => {
    identities.set(as.name, as);
    const content = json === undefined ? body : JSON.stringify(json);
    return app.fetch(
      new Request(`http://127.0.0.1${path.startsWith("/api") ? path : `/api/v1${path}`}`, {
        method,
        headers: {
          ...(json !== undefined && { "content-type": "application/json" }),
          ...headers,
          "x-test-sender": as.name,
        },
        ...(content !== undefined && { body: content }),
        ...(signal !== undefined && { signal }),
      }),
    );
  };
  return {
    storage,
    context,
    closing,
    fetch,
    call: async (method, path, callOptions) => answerOf(method, path, await fetch(method, path, callOptions)),
  };
}

async function open({ backend = "sqlite", limits, clock }: TestApiOptions): Promise<AgentStorage> {
  const common = { ...(limits !== undefined && { limits }), ...(clock !== undefined && { clock }) };
  const folder = mkdtempSync(join(tmpdir(), "aasm-gateway-api-"));
  const storage =
    backend === "memory"
      ? await openStorage({ backend: "memory", ...common })
      : await openStorage({ backend: "sqlite", path: join(folder, "audit.db"), ...common });
  onTestFinished(async () => {
    await storage.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return storage;
}

async function answerOf(method: string, path: string, response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = /json/.test(headers.get("content-type") ?? "") && !/ndjson/.test(headers.get("content-type") ?? "");
  const body: unknown = isJson ? JSON.parse(text) : undefined;
  if (status >= 400) problemSchema.parse(body);
  else schemaOf(method, path, status)?.parse(body);
  return { status, headers, text, body };
}

/** The schema that the table gives an answer. */
function schemaOf(method: string, path: string, status: number) {
  const plain = path.split("?", 1)[0] ?? "";
  const route = ROUTES.find((one) => one.method === method && pattern(one.path).test(plain));
  return route?.answers[status]?.schema;
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll("{path}", ".+").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
