import type { AgentStorage } from "@agent-assembly/storage";
import { MAX_PAGE_LIMIT, type StorageHealth } from "@agent-assembly/storage-core";
import { maskUrl, packageVersion } from "@agent-assembly/storage-core/backend";
import type { GatewayContext } from "../../context.js";
import { PatientCount } from "./patient.js";

const COUNT_MS = 1500;
const VERSION = packageVersion(() => new URL("../../../package.json", import.meta.url));

/** Reads the status that the first gateway of this project answered with, with its names. */
export class AdminStatusReader {
  readonly #counts: Readonly<Record<"audit_events_hot" | "agents" | "policy_versions", PatientCount>>;

  constructor(private readonly context: GatewayContext) {
    const { storage } = context;
    this.#counts = {
      audit_events_hot: new PatientCount(() => hotEvents(storage)),
      agents: new PatientCount(() => countAgents(storage)),
      policy_versions: new PatientCount(() => countVersions(storage)),
    };
  }

  /** Answers also when the store is down. */
  async read(): Promise<object> {
    const { storage, now, startedAt, mode } = this.context;
    const health = await storage.health();
    const isUp = health.status !== "down";
    const [events, agents, versions] = await Promise.all(
      Object.values(this.#counts).map((count) => (isUp ? count.within(COUNT_MS) : null)),
    );
    return {
      mode,
      version: VERSION,
      uptime_secs: Math.max(0, Math.floor((now() - startedAt) / 1000)),
      storage: {
        backend: storage.name,
        ...placeOf(storage),
        health: isUp ? health.status : "unavailable",
        latency_ms: isUp ? Math.round(health.latencyMs) : 0,
        row_counts: { audit_events_hot: events, agents, policy_versions: versions },
        ...timescaleOf(health),
        problems: health.problems,
      },
    };
  }
}

function placeOf({ name, location }: AgentStorage): object {
  if (location === undefined) return {};
  return name === "postgres" ? { database_url: maskUrl(location) } : { path: location };
}

function timescaleOf({ details }: StorageHealth): object {
  const { timescaledb, chunks, compressedChunks, compressionRatio } = details;
  if (timescaledb === undefined || timescaledb === "none") return {};
  return {
    timescaledb: {
      enabled: true,
      total_chunks: numberOr(chunks, 0),
      compressed_chunks: numberOr(compressedChunks, 0),
      compression_ratio: numberOr(compressionRatio, 1),
    },
  };
}

function numberOr(value: unknown, other: number): number {
  return typeof value === "number" ? value : other;
}

async function hotEvents({ partitions }: AgentStorage): Promise<number> {
  const hot = (await partitions.list("audit")).filter(({ tier }) => tier === "hot");
  return hot.reduce((sum, { rows }) => sum + rows, 0);
}

async function countAgents({ agents }: AgentStorage): Promise<number> {
  let page = await agents.list({}, { limit: MAX_PAGE_LIMIT });
  let count = page.items.length;
  while (page.next !== undefined) {
    page = await agents.list({}, { limit: MAX_PAGE_LIMIT, cursor: page.next });
    count += page.items.length;
  }
  return count;
}

async function countVersions({ policies }: AgentStorage): Promise<number> {
  return (await policies.list()).reduce((sum, { latest }) => sum + latest, 0);
}
