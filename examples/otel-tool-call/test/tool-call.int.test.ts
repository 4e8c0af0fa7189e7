import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExampleStore, onEachStore, startExample } from "@agent-assembly/example-programs";
import { serve } from "@agent-assembly/gateway";
import { expect, it, onTestFinished } from "vitest";

const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));

/** Starts the program, and waits until it has ended. */
async function run(store: ExampleStore, url: string, token: string) {
  const program = startExample(EXAMPLE, ["src/tool-call.js"], store, {
    JOURNAL: join(store.folder, "calls.jsonl"),
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer ${token}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
  });
  return { ...(await program.ended), text: program.stdout + program.stderr };
}

onEachStore((newStore) => {
  it("stores a call once, however often it is sent, also after the gateway was away", async () => {
    const store = await newStore();
    const storage = await store.open();
    const created = await storage.apiTokens?.create({ name: "example", scopes: ["ingest"], actor: "test" });
    const token = created?.secret ?? "";
    let server = await serve(storage, { port: 0 });
    onTestFinished(() => server.close());
    const { url } = server;
    await server.close();

    const away = await run(store, url, token);
    expect(away).toMatchObject({ code: 1, text: expect.stringContaining("the journal has them for the next time") });
    server = await serve(storage, { port: Number(new URL(url).port) });
    for (const _ of [1, 2]) expect(await run(store, url, token)).toMatchObject({ code: 0 });

    const journal = JSON.parse(readFileSync(join(store.folder, "calls.jsonl"), "utf8")) as { id: string };
    const { items } = await storage.audit.query({ action: "tool_call" });
    expect(items).toMatchObject([
      {
        agentId: "word-counter",
        decision: "observed",
        payload: {
          tool: "count_words",
          toolCallId: journal.id,
          arguments: { text: "each span once" },
          result: { words: 3 },
        },
      },
    ]);
  });

  it("says that a token is not accepted", async () => {
    const store = await newStore();
    const storage = await store.open();
    const server = await serve(storage, { port: 0 });
    onTestFinished(() => server.close());
    expect(await run(store, server.url, "wrong")).toMatchObject({ code: 1, text: expect.stringContaining("not sent") });
    expect(await storage.audit.count({ action: "tool_call" })).toBe(0);
  });
});
