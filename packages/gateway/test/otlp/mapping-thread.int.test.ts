import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { openStorage } from "@agent-assembly/storage";
import type { JsonValue } from "@agent-assembly/storage-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { ProblemError } from "../../src/http/problem.js";
import { mapRequest, type RecordsRequest } from "../../src/otlp/mapping/map-request.js";
import { MappingThread } from "../../src/otlp/mapping/mapping-thread.js";
import { eventsIn, textsOf } from "../../src/otlp/mapping/thread-messages.js";
import { parseOtlpOptions } from "../../src/otlp/options.js";
import { MAX_ITEMS } from "../../src/otlp/undecodable.js";
import { JSON_TYPE, span, TOOL_CALL, traces } from "../support/otlp-requests.js";

/** Threads run what is built, and so does a gateway that is to start one. */
const built = (path: string): URL => new URL(`../../dist/${path}`, import.meta.url);
const THREAD = built("otlp/mapping/otlp-thread.js");
const { createGateway } = (await import(built("index.js").href)) as typeof import("../../src/index.js");

const LARGE = 500;

function requestOf(body: string, more: Partial<RecordsRequest> = {}): RecordsRequest {
  return { signal: "traces", encoding: "json", bytes: Buffer.from(body), teamId: undefined, ...more };
}

/** A thread that is ready, and ended with the test. */
async function openThread(file = THREAD, options = {}): Promise<MappingThread> {
  const closing = new AbortController();
  onTestFinished(() => closing.abort());
  const thread = new MappingThread(options, closing.signal, file);
  await thread.start();
  return thread;
}

/** The next thread that this process starts, and when it says that it is ready. */
function nextWorker(): Promise<{ readonly worker: Worker; readonly ready: Promise<unknown> }> {
  return new Promise((resolve) => {
    process.once("worker", (worker) => resolve({ worker, ready: once(worker, "message") }));
  });
}

/** Resolves when the next request was given to a thread. */
function given(worker: Worker): Promise<void> {
  const { postMessage } = worker;
  return new Promise((resolve) => {
    worker.postMessage = (...sent: Parameters<Worker["postMessage"]>) => {
      postMessage.apply(worker, sent);
      resolve();
    };
  });
}

/** A gateway over a store in memory, whose thread is ready. */
async function openGateway() {
  const storage = await openStorage({ backend: "memory" });
  const gateway = createGateway(storage, { anonymous: ["ingest"] });
  onTestFinished(async () => {
    await gateway.close();
    await storage.close();
  });
  const post = (body: string): Promise<Response> =>
    gateway.fetch(new Request("http://127.0.0.1/v1/traces", { method: "POST", headers: JSON_TYPE, body }));
  const started = nextWorker();
  const first = await post(callsOf(LARGE));
  expect(first.status).toBe(200);
  const { worker, ready } = await started;
  await ready;
  return { storage, gateway, post, worker };
}

function callsOf(count: number): string {
  return traces(Array.from({ length: count }, () => span(TOOL_CALL)));
}

describe("what a thread answers", () => {
  test("is what this thread makes of the request", async () => {
    const options = { redact: ["secret"], unmapped: "drop" } as const;
    const thread = await openThread(THREAD, options);
    const calls = Array.from({ length: 300 }, (_, n) =>
      span({ ...TOOL_CALL, "gen_ai.tool.call.arguments": JSON.stringify({ n, secret: "s", text: "\u{1f600}" }) }),
    );
    const body = traces([...calls, span({ "db.system": "sqlite" }), span({ ...TOOL_CALL, "aasm.team_id": "b" })]);
    const mapped = await thread.map(requestOf(body, { teamId: "a" }));
    expect(mapped).toEqual(await mapRequest(requestOf(body, { teamId: "a" }), parseOtlpOptions(options)));
    expect([mapped.events.length, mapped.rejected, mapped.ignored]).toEqual([
      300,
      [{ index: 301, code: "forbidden", reason: "is of another team than the token" }],
      new Map([["unrelated", 1]]),
    ]);
    expect(mapped.events[7]?.payload).toMatchObject({ arguments: { n: 7, secret: "[redacted]", text: "\u{1f600}" } });
  });

  test.each([
    ["no JSON", "{", "ends too early"],
    ["too many items", traces(Array.from({ length: MAX_ITEMS + 1 }, () => ({}))), "more than 10000 items"],
  ])("is the problem of a body with %s, and the thread stays", async (_, body, reason) => {
    const thread = await openThread();
    const refused = await thread.map(requestOf(body)).then(
      () => expect.unreachable("the body was read"),
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(ProblemError);
    expect((refused as ProblemError).problem).toMatchObject({ status: 400, detail: expect.stringContaining(reason) });
    expect((await thread.map(requestOf(callsOf(2)))).events).toHaveLength(2);
  });

  test("many requests at once get each its own", async () => {
    const thread = await openThread();
    const counts = Array.from({ length: 20 }, (_, n) => n + 1);
    const mapped = await Promise.all(counts.map((count) => thread.map(requestOf(callsOf(count)))));
    expect(mapped.map(({ items, events }) => [items, events.length])).toEqual(counts.map((count) => [count, count]));
  });
});

test("events are the same on the other side: names, lone surrogates, and a time that is none", () => {
  const payload = JSON.parse('{"__proto__":{"a":1},"text":"\\ud800","n":-0.5,"list":[null,true]}') as JsonValue;
  const event = { eventId: "x", agentId: "a", action: "b", decision: "c", payload };
  const [good, bad] = textsOf([
    { ...event, ts: new Date(1_700_000_000_123) },
    { ...event, ts: new Date(Number.NaN) },
  ]).flatMap(eventsIn);
  expect(good).toEqual({ ...event, ts: new Date(1_700_000_000_123) });
  expect(JSON.stringify(good?.payload)).toBe(JSON.stringify(payload));
  expect(bad?.ts.getTime()).toBeNaN();
});

describe("where no thread can be", () => {
  test.each([
    ["a bundle without its module", undefined],
    ["a module that cannot be loaded", built("otlp/mapping/absent.js")],
  ])("%s: it is never ready, and nothing fails", async (_, file) => {
    const closing = new AbortController();
    const thread = new MappingThread({}, closing.signal, file ?? null);
    expect(await thread.isReady()).toBe(false);
    expect(await thread.isReady()).toBe(false);
    closing.abort();
  });
});

describe("a gateway", () => {
  test("gives its first large request to the thread that it starts for it", async () => {
    const storage = await openStorage({ backend: "memory" });
    const gateway = createGateway(storage, { anonymous: ["ingest"] });
    onTestFinished(async () => {
      await gateway.close();
      await storage.close();
    });
    const started = nextWorker();
    const body = callsOf(LARGE);
    const request = new Request("http://127.0.0.1/v1/traces", { method: "POST", headers: JSON_TYPE, body });
    const answered = gateway.fetch(request);
    const { worker } = await started;
    let isGiven = false;
    void given(worker).then(() => {
      isGiven = true;
    });
    expect((await answered).status).toBe(200);
    expect([isGiven, await storage.audit.count()]).toEqual([true, LARGE]);
  });

  test("whose thread ends amid a request: 503 with the time to come back, nothing is stored, the next time all is", async () => {
    const { storage, post, worker } = await openGateway();
    const before = await storage.audit.count();
    const body = callsOf(5000);
    const isGiven = given(worker);
    const answered = post(body);
    await isGiven;
    await worker.terminate();
    const refused = await answered;
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
      503,
      "2",
      { code: 14, message: "the gateway could not read the request to its end" },
    ]);
    expect(await storage.audit.count()).toBe(before);

    const another = nextWorker();
    expect((await post(body)).status).toBe(200);
    expect(await storage.audit.count()).toBe(before + 5000);
    await (await another).ready;
  });

  test("that closes: what is with its thread is stored and answered, then the thread ends", async () => {
    const { storage, gateway, post, worker } = await openGateway();
    const ended = once(worker, "exit");
    const isGiven = given(worker);
    const answered = post(callsOf(3000));
    await isGiven;
    await gateway.close();
    expect((await answered).status).toBe(200);
    expect(await storage.audit.count()).toBe(LARGE + 3000);
    await ended;
    const late = await post(callsOf(1));
    expect([late.status, late.headers.get("retry-after")]).toEqual([503, "2"]);
  });
});
