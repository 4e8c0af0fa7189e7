import type { PeerEvent, PeerStore } from "../column.js";
import { keysetPages, type Last } from "./table.js";

/** An event as a row of the table. */
export function rowOf(event: PeerEvent) {
  return {
    event_id: event.eventId,
    ts: event.ts,
    agent_id: event.agentId,
    team_id: event.teamId,
    session_id: event.sessionId,
    action: event.action,
    decision: event.decision,
    rule_id: event.matchedRuleId,
    tool: event.payload.tool,
    payload: event.payload,
  };
}

/** What differs between the databases. */
interface Statements {
  insert(rows: ReturnType<typeof rowOf>[]): PromiseLike<unknown>;
  newest(agentId: string, limit: number, before?: Last): PromiseLike<readonly Last[]>;
  close(): Promise<unknown>;
}

export function drizzleStore({ insert, newest, close }: Statements): PeerStore {
  return {
    append: async (event) => insert([rowOf(event)]),
    appendBatch: async (events) => insert(events.map(rowOf)),
    newest: async (agentId, count) => (await newest(agentId, count)).length,
    pages: (agentId, size) => keysetPages(size, async (last) => newest(agentId, size, last)),
    close,
  };
}
