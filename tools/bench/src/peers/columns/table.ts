import type { PeerEvent } from "../column.js";

/** The columns of the table that is written by hand, for the raw drivers and for drizzle. */
export const COLUMNS = "event_id, ts, agent_id, team_id, session_id, action, decision, rule_id, tool, payload";

/** Those of them that are texts on each database, and no part of a key. */
const TEXTS = ["team_id", "session_id", "action", "decision", "rule_id", "tool"] as const;

/** They as members of a table of drizzle. */
export function textMembers<Builder>(text: (name: string) => Builder): Record<(typeof TEXTS)[number], Builder> {
  const members = TEXTS.map((name): [string, Builder] => [name, text(name)]);
  return Object.fromEntries(members) as Record<(typeof TEXTS)[number], Builder>;
}

/** What one writes by hand: a key, and an index for the log of an agent. */
export function createTable(types: { readonly time: string; readonly id: string; readonly json: string }): string {
  return `CREATE TABLE events (event_id ${types.id} PRIMARY KEY, ts ${types.time} NOT NULL, agent_id TEXT NOT NULL,
      team_id TEXT, session_id TEXT, action TEXT NOT NULL, decision TEXT NOT NULL, rule_id TEXT, tool TEXT,
      payload ${types.json});
    CREATE INDEX events_by_agent ON events (agent_id, ts, event_id)`;
}

/** The values of one event, in the order of the columns. */
export function valuesOf(event: PeerEvent): [string, Date, ...(string | null)[]] {
  return [
    event.eventId,
    event.ts,
    event.agentId,
    event.teamId ?? null,
    event.sessionId ?? null,
    event.action,
    event.decision,
    event.matchedRuleId ?? null,
    event.payload.tool,
    JSON.stringify(event.payload),
  ];
}

/** Where a page by keyset ended. */
export interface Last {
  readonly ts: number | Date;
  readonly event_id: string;
}

/** Reads pages by keyset until one is not full. */
export async function* keysetPages(
  size: number,
  read: (last: Last | undefined) => Promise<readonly Last[]>,
): AsyncGenerator<number> {
  let last: Last | undefined;
  for (;;) {
    const rows = await read(last);
    yield rows.length;
    if (rows.length < size) return;
    last = rows.at(-1);
  }
}
