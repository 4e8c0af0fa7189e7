import { monitorEventLoopDelay } from "node:perf_hooks";
import { StorageError } from "@agent-assembly/storage-core";
import type { Context } from "hono";
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { requireScope } from "../access/require-scope.js";
import type { GatewayContext, GatewayEnv } from "../context.js";

/** Seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NANOSECONDS = 1e9;
/** Between looks at the event loop; part of what is measured. */
const RESOLUTION_MS = 10;

export const METRICS_PATH = "/metrics";

/** Counts every answer, and how long it took until its headers. */
export function countRequests({ metrics, now }: Pick<GatewayContext, "metrics" | "now">) {
  const requests = metrics.counter("aasm_http_requests_total", "Requests answered.");
  const durations = metrics.histogram(
    "aasm_http_request_duration_seconds",
    "Time from a request to the headers of its answer.",
    DURATIONS,
  );
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const startedAt = now();
    await next();
    const route = routeOf(c);
    requests.add({ method: methodOf(c.req.method), route, status: String(c.res.status) });
    durations.observe((now() - startedAt) / 1000, { route });
  });
}

/** The pattern that matched, so that there are as many as routes; a path that a client made up is none. */
function routeOf(c: Context<GatewayEnv>): string {
  const path = routePath(c, -1);
  return path === "*" || path === "/*" ? "none" : path;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

function methodOf(method: string): string {
  return METHODS.has(method) ? method : "other";
}

/** `GET /metrics` in the text format of Prometheus; it needs the scope `read`. */
export function metricRoutes({ storage, bodies, metrics, closing }: GatewayContext): Hono<GatewayEnv> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  closing.addEventListener("abort", () => delay.disable(), { once: true });
  metrics.gauge("http", "aasm_http_body_bytes", "Bytes of request bodies in memory.", () => bodies.inFlight);
  metrics.gauge("event_loop", "aasm_event_loop_delay_seconds", "Delay of the event loop since the last scrape.", () => {
    const secondsAt = (percent: number): number =>
      Math.max(0, delay.percentile(percent) / NANOSECONDS - RESOLUTION_MS / 1000);
    const quantiles = [50, 99, 100].map((q) => [{ quantile: String(q / 100) }, secondsAt(q)] as const);
    delay.reset();
    return quantiles;
  });
  metrics.gauge("process", "aasm_process_resident_memory_bytes", "Memory of this process.", () =>
    process.memoryUsage.rss(),
  );
  const routes = new Hono<GatewayEnv>();
  routes.get(METRICS_PATH, requireScope("read"), async (c) => {
    // Asked once for each scrape, whichever metrics are made of it.
    const health = storage.health();
    const measured = async () => {
      const { status, latencyMs, details } = await health;
      if (status === "down") throw new StorageError({ code: "unavailable", message: "the store is down" });
      return { latencyMs, details };
    };
    metrics.gauge("storage", "aasm_storage_status", "1 for the state that the store is in.", async () => {
      const { status } = await health;
      return ["ok", "degraded", "down"].map((one) => [{ status: one }, one === status ? 1 : 0] as const);
    });
    metrics.gauge("storage", "aasm_storage_latency_seconds", "One round trip to the store.", async () => {
      const { latencyMs } = await measured();
      return latencyMs / 1000;
    });
    metrics.gauge("storage", "aasm_storage_detail", "Measurements that the store makes of itself.", async () => {
      const { details } = await measured();
      const numbers = Object.entries(details).filter(
        (entry): entry is [string, number] => typeof entry[1] === "number",
      );
      return numbers.map(([name, value]) => [{ name }, value] as const);
    });
    return c.text(await metrics.text(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  return routes;
}
