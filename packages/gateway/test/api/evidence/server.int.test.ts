import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createSealer } from "@agent-assembly/evidence";
import { openStorage } from "@agent-assembly/storage";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "../../../src/server/serve.js";

const EVENTS = 5000;

test("a verification ends with the server, whose store is closed while it runs", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "aasm-gateway-verify-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const storage = await openStorage({ backend: "sqlite", path: join(folder, "audit.db") });
  const failures: unknown[] = [];
  const server = await serve(storage, {
    port: 0,
    anonymous: ["read", "admin"],
    onError: (error) => failures.push(error),
  });
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const sealer = createSealer(storage, { origin: "test.example/log" });
  await sealer.init();
  const now = Date.now();
  const event = (n: number) => ({ ts: new Date(now - n), agentId: "bot", action: "tool_call", decision: "allow" });
  await storage.audit.append(Array.from({ length: EVENTS }, (_, n) => event(n)));
  await sealer.sealOnce();
  const path = `${server.url}/api/v1/evidence/verifications`;
  const begun = (await (await fetch(path, { method: "POST" })).json()) as { id: string };
  // The loop of events turns while it runs: the answer comes before its end.
  const running = (await (await fetch(`${path}/${begun.id}`)).json()) as {
    state: string;
    progress: { leaves: number };
  };
  expect(running.state).toBe("running");
  expect(running.progress.leaves).toBeLessThan(EVENTS);
  await server.close();
  await storage.close();
  await delay(200);
  expect(unhandled).toEqual([]);
  expect(failures).toEqual([]);
});
