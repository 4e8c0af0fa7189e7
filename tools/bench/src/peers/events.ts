import type { PeerEvent } from "./column.js";

const TOOLS = ["search", "read_file", "send_email", "query_database", "http_get"];

/** How much is done. */
export interface PeerSize {
  /** Times that each column runs in a process of its own, in turn with the others. */
  readonly rounds: number;
  /** Appends of one event, each awaited. */
  readonly singles: number;
  /** Appends of one event that start at once. */
  readonly burst: number;
  readonly agents: number;
  readonly batches: number;
  /** Events of one batch. */
  readonly batch: number;
  /** How often the newest 100 are asked for. */
  readonly newest: number;
  /** How many agents' logs are read from end to end. */
  readonly logs: number;
}

export const FULL: PeerSize = {
  rounds: 3,
  singles: 500,
  burst: 10_000,
  agents: 10,
  batches: 20,
  batch: 1000,
  newest: 200,
  logs: 5,
};

export const QUICK: PeerSize = {
  rounds: 1,
  singles: 20,
  burst: 200,
  agents: 2,
  batches: 2,
  batch: 1000,
  newest: 10,
  logs: 1,
};

/** Makes events for a store: one after the other in time, with payloads of about 500 bytes. */
export class EventMaker {
  readonly #sequences = new Map<string, number>();
  #made = 0;
  readonly #start = Date.now() - 3_600_000;
  readonly agents: readonly string[];

  constructor(agents: number) {
    this.agents = Array.from({ length: agents }, (_, n) => `agent-${n}`);
  }

  /** Events of the agents in turn. */
  inTurn(count: number): PeerEvent[] {
    return Array.from({ length: count }, (_, n) => this.#next(this.agents[n % this.agents.length] as string));
  }

  /** Events of one agent. */
  of(agentId: string, count: number): PeerEvent[] {
    return Array.from({ length: count }, () => this.#next(agentId));
  }

  #next(agentId: string): PeerEvent {
    const n = this.#made++;
    const sequence = (this.#sequences.get(agentId) ?? 0) + 1;
    this.#sequences.set(agentId, sequence);
    return {
      ts: new Date(this.#start + n),
      eventId: `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`,
      agentId,
      teamId: `team-${n % 5}`,
      sessionId: `session-${sequence >> 6}`,
      action: "tool_call",
      decision: n % 10 === 0 ? "deny" : "allow",
      matchedRuleId: `rule-${n % 7}`,
      sequence,
      payload: {
        tool: TOOLS[n % TOOLS.length] as string,
        arguments: { query: `find order ${n}`, limit: 20, tags: ["a", "b", "c"], note: "x".repeat(150) },
        result: { status: "ok", rows: n % 100, text: "y".repeat(180) },
      },
    } as PeerEvent;
  }
}
