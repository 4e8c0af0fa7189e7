import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "./run-aasm.js";

/** What `evidence init` and `seal` print with `--json`. */
export interface Sealed {
  readonly verifierKey: string;
  readonly events: number;
  readonly size: number;
}

const START = Date.now() - 3_600_000;

export function idOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** A time of day that lies before event `n`, and not before the one before it. */
export function timeOf(n: number): string {
  return new Date(START + n * 1000).toISOString();
}

/** A file of events for `audit import`. @returns its path */
export async function eventFile(folder: string, first: number, count: number): Promise<string> {
  const lines = Array.from({ length: count }, (_, at) => {
    const n = first + at;
    return JSON.stringify({
      ts: timeOf(n),
      eventId: idOf(n),
      agentId: `agent-${n % 3}`,
      action: "tool_call",
      decision: n % 5 === 0 ? "deny" : "allow",
      payload: { tool: "send_mail", to: `user-${n}@example.com` },
    });
  });
  const file = join(folder, `events-${first}-${count}.jsonl`);
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

export async function addEvents(sandbox: Sandbox, first: number, count: number): Promise<void> {
  await sandbox.json(["audit", "import", await eventFile(sandbox.folder, first, count)]);
}

/** Rewrites a file of lines. */
export async function changeLines(path: string, change: (lines: string[]) => string[]): Promise<void> {
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  await writeFile(path, `${change(lines).join("\n")}\n`);
}
