import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "./run-aasm.js";

const DAY_MS = 86_400_000;

export interface OldEvents {
  /** Days before today that the first event lies. */
  readonly days: number;
  readonly perDay: number;
}

/** Imports events of every day from long ago until today, with values that are hard to carry. */
export async function importOldEvents(sandbox: Sandbox, { days, perDay }: OldEvents, args: readonly string[] = []) {
  const today = Math.floor(Date.now() / DAY_MS);
  const lines = Array.from({ length: (days + 1) * perDay }, (_, i) =>
    JSON.stringify({
      ts: new Date((today - days + Math.floor(i / perDay)) * DAY_MS + (i % perDay) * 1000).toISOString(),
      eventId: `00000000-0000-4000-8000-${i.toString(16).padStart(12, "0")}`,
      agentId: `agent-${i % 3}`,
      ...(i % 4 === 0 ? { teamId: "hr" } : {}),
      action: i % 5 === 0 ? "policy_decision" : "tool_call",
      decision: i % 7 === 0 ? "deny" : "allow",
      ...(i % 6 === 0 ? {} : { payload: { tool: "t", text: `\u0000 ä 😀 \ud800 ${i}`, n: [i, -0.5, 1e21, null] } }),
    }),
  );
  const file = join(sandbox.folder, `old-${days}-${perDay}.jsonl`);
  await writeFile(file, `${lines.join("\n")}\n`);
  return sandbox.json<{ inserted: number }>(["audit", "import", file, ...args]);
}

/** The day so long ago, as the command line takes it. */
export function daysAgo(days: number): string {
  return new Date((Math.floor(Date.now() / DAY_MS) - days) * DAY_MS).toISOString().slice(0, 10);
}
