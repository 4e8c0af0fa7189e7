import { Hono } from "hono";
import { expect, test } from "vitest";
import type { GatewayEnv } from "../../src/context.js";
import { createMetricRegistry } from "../../src/metrics/registry.js";
import { TestGateway } from "../support/gateway.js";

test("probes need no token: one says that the process answers, the other that the store does", async () => {
  await using gateway = await TestGateway.open();
  for (const path of ["/healthz", "/readyz"]) {
    const answer = await gateway.send(path);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ok" });
  }
  await gateway.gateway.close();
  expect((await gateway.send("/healthz")).status).toBe(200);
  const closing = await gateway.send("/readyz");
  expect(closing.status).toBe(503);
  expect(await closing.json()).toEqual({ status: "closing" });
});

test("a closed store is not ready, and its answers say nothing of it", async () => {
  const errors: unknown[] = [];
  await using gateway = await TestGateway.open({ anonymous: ["read"], onError: (error) => errors.push(error) });
  await gateway.storage.close();
  const ready = await gateway.send("/readyz");
  expect(ready.status).toBe(503);
  const refused = await gateway.send("/api/v1/whoami");
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("2");
  expect(await refused.json()).toMatchObject({ code: "closed", detail: "the gateway is shutting down" });
  expect(errors).toEqual([]);
});

test("metrics count requests by route, never by what a client made up, and need the scope read", async () => {
  const secret = "row 17 of payments";
  const errors: unknown[] = [];
  await using gateway = await TestGateway.open(
    { onError: (error) => errors.push(error) },
    {
      otlp: ({ metrics }) => {
        const ignored = metrics.counter("aasm_otlp_ignored_total", "Records that are no events.");
        const routes = new Hono<GatewayEnv>();
        routes.get("/v1/items/:id", (c) => {
          ignored.add({ reason: "span" }, 2);
          return c.text("item");
        });
        routes.get("/v1/broken", () => {
          throw new TypeError(secret);
        });
        return routes;
      },
    },
  );
  expect((await gateway.send("/metrics")).status).toBe(401);
  const ingest = await gateway.token({ scopes: ["ingest"] });
  expect((await gateway.send("/metrics", { headers: { "x-api-key": ingest } })).status).toBe(403);

  for (let n = 0; n < 20; n++) await gateway.send(`/v1/items/${n}`);
  for (let n = 0; n < 20; n++) await gateway.send(`/made-up/${n}`);
  const broken = await gateway.send("/v1/broken");
  expect(broken.status).toBe(500);
  expect(await broken.text()).not.toContain(secret);
  expect(errors).toHaveLength(1);

  const headers = { "x-api-key": await gateway.token() };
  const answer = await gateway.send("/metrics", { headers });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await answer.text();
  const lines = text.split("\n");
  expect(lines).toContain('aasm_http_requests_total{method="GET",route="/v1/items/:id",status="200"} 20');
  expect(lines).toContain('aasm_http_requests_total{method="GET",route="none",status="404"} 20');
  expect(lines).toContain('aasm_http_requests_total{method="GET",route="/v1/broken",status="500"} 1');
  expect(lines).toContain('aasm_http_request_duration_seconds_count{route="/v1/items/:id"} 20');
  expect(lines).toContain('aasm_otlp_ignored_total{reason="span"} 40');
  expect(lines).toContain('aasm_storage_status{status="ok"} 1');
  expect(lines).toContain("aasm_http_body_bytes 0");
  expect(lines).toContain('aasm_scrape_collector_success{collector="storage"} 1');
  expect(text).not.toContain("made-up");
});

test("the text of metrics escapes labels, sums buckets, and leaves out what cannot be read", async () => {
  const registry = createMetricRegistry();
  registry.counter("b_total", "Counts.").add({ reason: 'a "b"\\\nc' });
  expect(registry.counter("b_total", "Counts.")).toBe(registry.counter("b_total", "Counts."));
  const sizes = registry.histogram("c_bytes", "Sizes.", [1, 10]);
  for (const size of [0.5, 1, 5, 100]) sizes.observe(size);
  registry.gauge("here", "a", "Now.", async () => 7);
  registry.gauge("store", "d", "Down.", () => Promise.reject(new Error("down")));
  registry.gauge("store", "e", "Up.", () => 1);
  expect(await registry.text()).toBe(
    [
      "# HELP a Now.",
      "# TYPE a gauge",
      "a 7",
      "# HELP b_total Counts.",
      "# TYPE b_total counter",
      'b_total{reason="a \\"b\\"\\\\\\nc"} 1',
      "# HELP c_bytes Sizes.",
      "# TYPE c_bytes histogram",
      'c_bytes_bucket{le="1"} 2',
      'c_bytes_bucket{le="10"} 3',
      'c_bytes_bucket{le="+Inf"} 4',
      "c_bytes_sum 106.5",
      "c_bytes_count 4",
      "# HELP e Up.",
      "# TYPE e gauge",
      "e 1",
      "# HELP aasm_scrape_collector_success Whether all metrics of a collector could be read.",
      "# TYPE aasm_scrape_collector_success gauge",
      'aasm_scrape_collector_success{collector="here"} 1',
      'aasm_scrape_collector_success{collector="store"} 0',
      "",
    ].join("\n"),
  );
});

test("while the store is down its metrics are missing, and the scrape says so to a token that it knows", async () => {
  let now = Date.now();
  await using gateway = await TestGateway.open({ now: () => now });
  const [known, unknown] = [await gateway.token(), await gateway.token()];
  const scrape = (token: string) => gateway.send("/metrics", { headers: { "x-api-key": token } });
  expect((await scrape(known)).status).toBe(200);
  expect((await gateway.send("/api/v1/whoami", { headers: { "x-api-key": unknown } })).status).toBe(200);
  await gateway.storage.close();

  const lines = (await (await scrape(known)).text()).split("\n");
  expect(lines).toContain('aasm_scrape_collector_success{collector="storage"} 0');
  expect(lines).toContain('aasm_scrape_collector_success{collector="process"} 1');
  expect(lines.some((line) => line.startsWith("aasm_storage_latency_seconds"))).toBe(false);
  expect(lines.some((line) => line.startsWith("aasm_process_resident_memory_bytes "))).toBe(true);
  expect((await scrape(unknown)).status).toBe(503);
  // Nothing else is let in without the store.
  expect((await gateway.send("/api/v1/whoami", { headers: { "x-api-key": known } })).status).toBe(503);
  now += 15 * 60_000;
  expect((await scrape(known)).status).toBe(503);
});
