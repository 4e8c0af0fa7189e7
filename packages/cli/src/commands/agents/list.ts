import { type AgentRecord, MAX_PAGE_LIMIT } from "@agent-assembly/storage-core";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatRelative } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { type Column, renderTable } from "../../terminal/table.js";

interface ListOptions {
  readonly team?: string;
  readonly org?: string;
  readonly status?: string;
  readonly mode?: string;
  readonly limit: string;
  readonly cursor?: string;
}

export async function agentsList(context: Context, options: ListOptions): Promise<ExitCode> {
  const status =
    options.status === undefined
      ? undefined
      : parseChoice("--status", options.status, ["registered", "online", "offline"] as const);
  const filter = { teamId: options.team, orgId: options.org, status, enforcementMode: options.mode };
  const page = { limit: parseInteger("--limit", options.limit, 1, MAX_PAGE_LIMIT), cursor: options.cursor };
  return context.withStorage(async (storage) => {
    const { items, next } = await storage.agents.list(filter, page);
    if (context.json) {
      await context.out.line(formatJson(next === undefined ? { items } : { items, next }));
    } else if (items.length === 0) {
      await context.out.line("No agents.");
    } else {
      await context.out.write(renderTable(items, columns(context.now()), context.width, context.style));
      if (next !== undefined) await context.out.line(context.style.dim(`More: repeat with --cursor ${next}`));
    }
    return EXIT.ok;
  });
}

function columns(now: number): Column<AgentRecord>[] {
  return [
    { title: "AGENT", value: (agent) => agent.agentId },
    { title: "NAME", value: (agent) => agent.name },
    { title: "TEAM", value: (agent) => agent.teamId },
    { title: "ORG", value: (agent) => agent.orgId },
    { title: "MODE", value: (agent) => agent.enforcementMode },
    { title: "STATUS", value: (agent) => agent.status },
    { title: "SEEN", value: (agent) => agent.lastSeenAt && formatRelative(agent.lastSeenAt, now) },
    { title: "REV", value: (agent) => String(agent.revision), align: "right" },
  ];
}
