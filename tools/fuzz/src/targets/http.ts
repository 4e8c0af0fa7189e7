import { join } from "node:path";
import { createGateway, type Gateway } from "@agent-assembly/gateway";
import { openStorage } from "@agent-assembly/storage";
import { type HttpInput, httpInputs } from "../support/http-requests.js";
import { defineTarget } from "../target.js";

/** What ends streams that would stay open. */
const STREAM_MS = 30;
const CHECK_EVERY = 50;
/** What an answer never says: where the code is, and where it failed. */
const INTERNALS = /node_modules|\/dist\/|\.js:\d+|SQLITE_|SELECT |at (?:async )?\w+ \(/;

/** The REST API of a gateway: answers only, and nothing stored but what was sent. */
export const http = defineTarget<HttpInput>(async ({ folder }) => {
  // Without events of its own: what is in the log then was sent.
  const storage = await openStorage({ backend: "sqlite", path: join(folder, "fuzz.db"), governanceEvents: false });
  const gateway = createGateway(storage, { anonymous: ["ingest", "read", "approve", "policy", "admin"] });
  let inserted = 0;
  let tried = 0;
  return {
    input: httpInputs(),
    async enter(input) {
      inserted += await answerTo(gateway, input);
      if (++tried % CHECK_EVERY !== 0) return;
      const stored = await storage.audit.count();
      if (stored !== inserted) throw new Error(`${stored} events are stored, and ${inserted} were acknowledged`);
    },
    close: () => gateway.close().then(() => storage.close()),
  };
});

/** @returns how many events were acknowledged. @throws Error for an answer that tells of a defect */
async function answerTo(gateway: Gateway, input: HttpInput): Promise<number> {
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), STREAM_MS);
  try {
    const response = await gateway.fetch(requestOf(input, gone.signal));
    const { status } = response;
    const type = response.headers.get("content-type") ?? "";
    if (type === "text/event-stream") {
      await response.body?.cancel();
      return 0;
    }
    const text = await response.text();
    if (status >= 400) {
      checkProblem(input, status, type, text);
      return 0;
    }
    const isAppend = input.method === "POST" && /^\/api\/v1\/events(?:\?|$)/.test(input.path);
    return isAppend ? (JSON.parse(text) as { readonly inserted: number }).inserted : 0;
  } finally {
    clearTimeout(timer);
  }
}

function requestOf({ method, path, headers, body }: HttpInput, signal: AbortSignal): Request {
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  return new Request(`http://127.0.0.1:7391${path}`, {
    method,
    headers: { ...headers, host: "127.0.0.1:7391" },
    signal,
    ...(hasBody && { body: new Uint8Array(body) }),
  });
}

function checkProblem({ method, path }: HttpInput, status: number, type: string, text: string): void {
  const what = `${method} ${path.slice(0, 200)}: ${status}`;
  if (method === "HEAD") return;
  if (type !== "application/problem+json") throw new Error(`${what}: an error of the type ${type}`);
  const { code, detail } = JSON.parse(text) as { readonly code?: unknown; readonly detail?: unknown };
  if (typeof code !== "string" || typeof detail !== "string") throw new Error(`${what}: no problem`);
  if (code === "internal") throw new Error(`${what}: internal`);
  if (INTERNALS.test(text)) throw new Error(`${what}: says something about the inside`);
}
