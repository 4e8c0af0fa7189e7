import { join } from "node:path";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import type { TargetContext } from "../target.js";

/** 2026-03-01T12:00:00Z. */
export const NOW = Date.UTC(2026, 2, 1, 12);
const EVENTS = 40;

export function uuid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** One store of each kind, all with the same content. */
export async function openStores({ folder, postgresUrl }: TargetContext): Promise<readonly StorageBackend[]> {
  const clock = (): number => NOW;
  const stores: StorageBackend[] = [
    openMemoryStorage({ clock }),
    await openSqliteStorage({ path: join(folder, "audit.db"), clock }),
  ];
  if (postgresUrl !== undefined) {
    const options = { url: postgresUrl, timescaledb: "off", migrate: "auto" } as const;
    stores.push(await openPostgresStorage({ ...options, clock, maxConnections: 4 }));
  }
  for (const store of stores) await fill(store);
  return stores;

  async function fill({ audit, agents, metrics, policies }: StorageBackend): Promise<void> {
    const events = Array.from({ length: EVENTS }, (_, n) => ({
      ts: new Date(NOW - n * 3_600_000),
      eventId: uuid(n),
      agentId: `agent-${n % 3}`,
      ...(n % 2 === 0 ? { teamId: "team" } : {}),
      action: "tool_call",
      decision: n % 4 === 0 ? "deny" : "allow",
      payload: { tool: "search", n, deep: { list: [n, null] } },
    }));
    await audit.append(events);
    for (const agentId of ["agent-0", "agent-1", "agent-2"]) await agents.register({ agentId, teamId: "team" });
    await metrics.record(
      events.map(({ ts, agentId }, n) => ({ ts, metric: "cost", value: n, agentId, labels: { model: `m${n % 2}` } })),
    );
    await policies.save({ name: "tools", source: "rules: []\n" }, { actor: "fuzz" });
  }
}

export async function closeAll(stores: readonly StorageBackend[]): Promise<void> {
  await Promise.all(stores.map((store) => store.close()));
}
