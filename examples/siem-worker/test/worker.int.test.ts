import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExampleStore, onEachStore, type Program, startExample } from "@agent-assembly/example-programs";
import type { AgentStorage } from "@agent-assembly/storage";
import { expect, it, vi } from "vitest";

const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));
const START = "siem-worker";

function startWorker(store: ExampleStore, env: Readonly<Record<string, string>>): Program {
  const variables = { SIEM_POSITION_FILE: join(store.folder, "position"), ...env };
  return startExample(EXAMPLE, ["src/worker.js"], store, variables);
}

/** The agents of the events on complete lines: each event of a test has an agent of its own. */
function agentsIn(lines: string): string[] {
  return lines
    .slice(0, lines.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { agentId: string }).agentId);
}

/** Appends events one by one, so that a worker is busy meanwhile. @returns their agents */
async function appendEvents(storage: AgentStorage, prefix: string, count: number): Promise<string[]> {
  const agents = Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
  for (const agentId of agents) {
    await storage.audit.append([{ ts: new Date(), agentId, action: "tool_call", decision: "allow" }]);
  }
  return agents;
}

onEachStore((newStore) => {
  it("writes each event once to its file, also when it is killed again and again", async () => {
    const store = await newStore();
    const storage = await store.open();
    const file = join(store.folder, "events.jsonl");
    const written = () => (existsSync(file) ? agentsIn(readFileSync(file, "utf8")) : []);
    const expected: string[] = [START];
    let worker = startWorker(store, { SIEM_FILE: file });
    await worker.wrote(/exporting new events/);
    for (let round = 0; round < 4; round++) {
      const before = written().length;
      const appending = appendEvents(storage, `round-${round}`, 60);
      await vi.waitUntil(() => written().length > before + 5, { interval: 1, timeout: 60_000 });
      expect(await worker.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
      expected.push(...(await appending));
      worker = startWorker(store, { SIEM_FILE: file });
      await worker.wrote(/resuming after position/);
    }
    await vi.waitUntil(() => written().length >= expected.length, { interval: 20, timeout: 60_000 });
    expect(written()).toEqual(expected);
    expect(await worker.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(written()).toEqual(expected);
  });

  it("writes to stdout, and repeats at most the event that it was writing", async () => {
    const store = await newStore();
    const storage = await store.open();
    const first = startWorker(store, {});
    await first.wrote(/exporting new events/);
    const appending = appendEvents(storage, "first", 60);
    await vi.waitUntil(() => agentsIn(first.stdout).length > 5, { interval: 1, timeout: 60_000 });
    await first.end("SIGKILL");
    const expected = [START, ...(await appending)];
    const second = startWorker(store, {});
    await vi.waitUntil(() => agentsIn(second.stdout).at(-1) === expected.at(-1), { interval: 20, timeout: 60_000 });
    expect(await second.end("SIGTERM")).toEqual({ code: 0, signal: null });
    const [before, after] = [agentsIn(first.stdout), agentsIn(second.stdout)];
    const repeated = before.at(-1) === after[0] ? 1 : 0;
    expect([...before, ...after.slice(repeated)]).toEqual(expected);
  });

  it("repairs a file whose last line was cut, and continues it", async () => {
    const store = await newStore();
    const storage = await store.open();
    const file = join(store.folder, "events.jsonl");
    const first = startWorker(store, { SIEM_FILE: file });
    await first.wrote(/exporting new events/);
    await appendEvents(storage, "first", 1);
    await vi.waitUntil(() => readFileSync(file, "utf8").includes('"first-0"'), { interval: 20, timeout: 60_000 });
    await first.end("SIGKILL");
    appendFileSync(file, '{"position":"x","ag');
    await appendEvents(storage, "second", 1);
    const second = startWorker(store, { SIEM_FILE: file });
    await vi.waitUntil(() => readFileSync(file, "utf8").includes('"second-0"'), { interval: 20, timeout: 60_000 });
    await second.end("SIGTERM");
    expect(agentsIn(readFileSync(file, "utf8"))).toEqual([START, "first-0", "second-0"]);
  });
});
