import { createSealer, generateSignerKey, parseSignerKey } from "@agent-assembly/evidence";
import { expect, test } from "vitest";
import { ROUTES } from "../../src/api/table.js";
import { readsOf } from "./support/access-audit.js";
import { sentEvent, store } from "./support/events.js";
import { identity, type TestApi, testApi } from "./support/test-api.js";

/** In each payload and in each request of the store. */
const SECRET = "s3cret-of-a-payload";
/** How long a stream is read that shows nothing of it. */
const STREAM_MS = 500;

const RANGE = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";

const RETENTION = { policy: { audit: { hotDays: 30, warmDays: 90, coldAction: "drop" } } } as const;

/** What routes are asked for that do not answer without. */
const QUERIES: Readonly<Record<string, string>> = {
  "/policies/{name}/diff": "?from=1&to=2",
  "/metrics/query": `?metric=rules&aggregate=sum&${RANGE}`,
  "/metrics/top": `?metric=rules&by=agentId&${RANGE}`,
  "/approvals/{requestId}/wait": "?timeoutMs=1",
};

/** A store with one of everything. @returns a value for each parameter of a path */
async function furnish(api: TestApi): Promise<Readonly<Record<string, string>>> {
  const event = sentEvent({
    eventId: "019ad4c2-7f00-7000-8000-0000000000aa",
    payload: { tool: "search", arguments: SECRET },
  });
  const { signerKey } = generateSignerKey("example.com/audit");
  const sealer = createSealer(api.storage, { key: parseSignerKey(signerKey) });
  await sealer.init();
  await store(api, event);
  await sealer.sealOnce();
  const made = async (method: string, path: string, json: object) => {
    const { status, body } = await api.call(method, path, { json });
    expect([path, Math.floor(status / 100)]).toEqual([path, 2]);
    return body;
  };
  await made("POST", "/agents", { agentId: "bot", name: "Bot" });
  for (const rule of ["one", "two"]) {
    const source = `version: "1"\nrules:\n  - id: ${rule}\n    action: "*"\n    decision: allow\n`;
    await made("POST", "/policies/default/versions", { source, format: "yaml" });
  }
  await made("POST", "/policies/default/activate", { version: 1 });
  await api.storage.metrics.define({ name: "rules", kind: "delta" });
  const asked = { agentId: "bot", action: "send", request: { text: SECRET } };
  const { requestId } = await made("POST", "/approvals", asked);
  const { id } = await made("POST", "/evidence/verifications", {});
  return {
    ts: String(event.ts),
    eventId: String(event.eventId),
    agentId: "bot",
    name: "default",
    version: "1",
    requestId,
    log: "1",
    path: "entries/000.p/2",
    id,
  };
}

/** All that a route answers with, or the beginning of a stream that has no end. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const timer = setTimeout(() => void reader.cancel(), STREAM_MS);
  let text = "";
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text += Buffer.from(chunk.value).toString();
    if (text.includes(SECRET)) await reader.cancel();
  }
  clearTimeout(timer);
  return text;
}

test("no route shows a payload whose read is not recorded", { timeout: 60_000 }, async () => {
  const api = await testApi({ accessAudit: true, retention: RETENTION });
  const values = await furnish(api);
  const shown: string[] = [];
  for (const { method, path } of ROUTES) {
    if (method !== "GET") continue;
    const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`say in this test what stands for {${name}} of ${path}`);
      return name === "path" ? value : encodeURIComponent(value);
    });
    const as = identity(`reader of ${path}`);
    const answering = api.fetch(method, `${place}${QUERIES[path] ?? ""}`, { as });
    const response = await answering;
    // Shown to those who follow.
    if (path === "/events/tail") await store(api, sentEvent({ payload: { arguments: SECRET } }));
    const text = await textOf(response);
    expect([path, response.status, text.slice(0, 200)]).toEqual([path, 200, expect.anything()]);
    if (!text.includes(SECRET)) continue;
    shown.push(path);
    expect([path, (await readsOf(api, as.name)).length > 0]).toEqual([path, true]);
  }
  expect(shown).toEqual([
    "/events",
    "/events/export",
    "/events/tail",
    "/events/{ts}/{eventId}",
    "/approvals",
    "/approvals/{requestId}",
    "/approvals/{requestId}/wait",
    "/logs",
  ]);
});
