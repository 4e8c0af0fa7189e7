import type { TestApi } from "./test-api.js";

let made = 0;

/** An event as it is sent; `n` makes it another one. */
export function sentEvent(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  made++;
  return {
    ts: new Date(Date.now() - 1000 + (made % 1000)).toISOString(),
    agentId: "bot",
    action: "tool_call",
    decision: "allow",
    payload: { tool: "search", arguments: { n: made } },
    ...more,
  };
}

/** Stores events over the API. */
export async function store(api: TestApi, ...events: Readonly<Record<string, unknown>>[]): Promise<void> {
  const { body } = await api.call("POST", "/events", { json: events });
  if (body.inserted !== events.length) throw new Error(`stored ${JSON.stringify(body)}`);
}
