import type { AgentTable } from "../agents/create-store.js";
import { matchesAgentFilter, type NormalizedAgentFilter } from "../agents/filter.js";
import type { StoredAgent } from "../agents/parse.js";
import type { JsonObject } from "../support/json.js";
import { compareText } from "../support/text.js";

/** Agents in a map; synchronous, so that no two changes overlap. */
export class MemoryAgentTable implements AgentTable {
  readonly #agents = new Map<string, StoredAgent>();

  metadataOf(agentId: string): JsonObject | undefined {
    const stored = this.#agents.get(agentId);
    return stored === undefined ? undefined : (JSON.parse(stored.metadata) as JsonObject);
  }

  async insert(agent: StoredAgent): Promise<boolean> {
    if (this.#agents.has(agent.agentId)) return false;
    this.#agents.set(agent.agentId, agent);
    return true;
  }

  async find(agentId: string): Promise<StoredAgent | undefined> {
    return this.#agents.get(agentId);
  }

  async list(
    filter: NormalizedAgentFilter,
    after: string | undefined,
    limit: number,
    now: number,
  ): Promise<readonly StoredAgent[]> {
    return [...this.#agents.values()]
      .filter((agent) => after === undefined || compareText(agent.agentId, after) > 0)
      .filter((agent) => matchesAgentFilter(filter, agent, now))
      .sort((a, b) => compareText(a.agentId, b.agentId))
      .slice(0, limit);
  }

  async replace(agentId: string, change: (stored: StoredAgent | undefined) => StoredAgent | undefined): Promise<void> {
    const changed = change(this.#agents.get(agentId));
    if (changed === undefined) this.#agents.delete(agentId);
    else this.#agents.set(agentId, changed);
  }
}
