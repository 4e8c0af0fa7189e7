import { MAX_PAGE_LIMIT } from "@agent-assembly/storage-core";
import type { ApprovalFilter, ApprovalState } from "@agent-assembly/storage-core/state";
import { parseChoice, parseInteger, parseList } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderApprovals } from "./view.js";

interface ListOptions {
  readonly state: string;
  readonly all?: boolean;
  readonly agent?: string;
  readonly team?: string;
  readonly limit: string;
  readonly cursor?: string;
}

const STATES: readonly ApprovalState[] = ["pending", "claimed", "approved", "denied"];

export async function approvalsList(context: Context, options: ListOptions): Promise<ExitCode> {
  const filter: ApprovalFilter = {
    state: options.all === true ? undefined : statesOf(options.state),
    agentId: options.agent,
    teamId: options.team,
  };
  const page = { limit: parseInteger("--limit", options.limit, 1, MAX_PAGE_LIMIT), cursor: options.cursor };
  return context.withStorage(async (storage) => {
    const { items, next } = await storage.approvals.list(filter, page);
    if (context.json) {
      await context.out.line(formatJson(next === undefined ? { items } : { items, next }));
    } else if (items.length === 0) {
      await context.out.line(
        options.all === true ? "No requests." : "No such requests; --all shows those of any state.",
      );
    } else {
      await context.out.write(renderApprovals(items, context.now(), context.width, context.style));
      if (next !== undefined) await context.out.line(context.style.dim(`More: repeat with --cursor ${next}`));
    }
    return EXIT.ok;
  });
}

function statesOf(text: string): ApprovalState[] {
  return parseList("--state", text).map((state) => parseChoice("--state", state, STATES));
}
