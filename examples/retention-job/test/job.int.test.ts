import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ExampleStore, onEachStore, startExample } from "@agent-assembly/example-programs";
import { applyRetention, openArchive } from "@agent-assembly/retention";
import type { AgentStorage } from "@agent-assembly/storage";
import { expect, it } from "vitest";

const EXAMPLE = fileURLToPath(new URL("..", import.meta.url));
const DAY_MS = 86_400_000;
const OLD = ["old-0", "old-1", "old-2"];

/** The configuration of every replica: an archive in a folder, and no random delay. @returns the archive's URL */
function configure({ folder }: ExampleStore): string {
  const url = pathToFileURL(join(folder, "archive")).href;
  mkdirSync(join(folder, ".aasm"), { recursive: true });
  const retention = { hot_days: 30, warm_days: 90, cold_action: "archive", archive_url: url, jitter_secs: 0 };
  writeFileSync(join(folder, ".aasm/config.yaml"), JSON.stringify({ storage: { retention } }));
  return url;
}

async function recordEvents(storage: AgentStorage): Promise<void> {
  const event = { action: "tool_call", decision: "allow" };
  const old = OLD.map((agentId) => ({ ...event, agentId, ts: new Date(Date.now() - 200 * DAY_MS) }));
  const events = [...old, { ...event, agentId: "new", ts: new Date() }];
  await storage.audit.append(events, { limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
}

async function archivedAgents(url: string): Promise<string[]> {
  const archive = await openArchive(url);
  const agents: string[] = [];
  for await (const { agentId } of archive.events()) agents.push(agentId);
  await archive.close();
  return agents.sort();
}

onEachStore((newStore) => {
  it("archives old events once when two replicas are due at the same time", async () => {
    const store = await newStore();
    const url = configure(store);
    const storage = await store.open();
    // A run of three days ago: the one of this morning was missed and is due now.
    await applyRetention(storage, {}, { scheduledFor: new Date(Date.now() - 3 * DAY_MS) });
    await recordEvents(storage);
    const replicas = [1, 2].map(() => startExample(EXAMPLE, ["src/job.js"], store));
    // One that starts when the other is done has nothing left to do, and waits for tomorrow.
    const handled = /"kind":"(?:ended|waiting|left","scheduledFor":"[^"]+","to":"done)"/;
    for (const replica of replicas) await replica.wrote(handled);
    const ended = replicas.flatMap(({ stdout }) => stdout.split("\n").filter((line) => line.includes('"ended"')));
    expect(ended).toHaveLength(1);
    expect(JSON.parse(ended[0] as string)).toMatchObject({ outcome: "succeeded", rows: 3, archivedRows: 3 });
    for (const replica of replicas) expect(await replica.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(await archivedAgents(url)).toEqual(OLD);
    expect((await storage.audit.query({ action: "tool_call" })).items.map(({ agentId }) => agentId)).toEqual(["new"]);
  });

  it("runs once for a scheduler of its own, and leaves a run that is going on to the other process", async () => {
    const store = await newStore();
    const url = configure(store);
    const storage = await store.open();
    await recordEvents(storage);
    const jobs = [1, 2, 3].map(() => startExample(EXAMPLE, ["src/job.js", "--once"], store));
    for (const { ended } of jobs) expect(await ended).toEqual({ code: 0, signal: null });
    const lines = jobs.map(({ stdout }) => JSON.parse(stdout) as { kind: string; archivedRows?: number });
    expect(lines.reduce((sum, { archivedRows = 0 }) => sum + archivedRows, 0)).toBe(3);
    expect(await archivedAgents(url)).toEqual(OLD);
  });
});
