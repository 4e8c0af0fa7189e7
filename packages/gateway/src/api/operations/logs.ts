import type { AuditEvent, AuditFilter, AuditStore, Page } from "@agent-assembly/storage-core";
import type { z } from "zod";
import { filterShown, type PayloadReads } from "../../access/payload-reads.js";
import type { GatewayContext, Identity } from "../../context.js";
import { problem } from "../../http/problem.js";
import { summarizeWithin } from "../events/summary.js";
import { teamsToRead } from "../routing/team.js";
import type { logsQuery } from "../schemas/admin.js";

const DEFAULT_PER_PAGE = 50;
/** A page by number is found by reading the ones before it. */
const MAX_SKIPPED = 100_000;
const SKIP_AT_ONCE = 1000;
const TOTAL_BUDGET_MS = 500;

/** A page of events with the names of the first gateway of this project. */
export async function readLogs(
  { storage: { audit }, now }: GatewayContext,
  identity: Identity,
  query: z.output<typeof logsQuery>,
  reads: PayloadReads | undefined,
): Promise<object> {
  const { page: asked, per_page: perPage = DEFAULT_PER_PAGE, cursor } = query;
  if (asked !== undefined && cursor !== undefined) {
    throw problem("invalid_argument", "page and cursor exclude each other", { option: "page" });
  }
  const page = asked ?? 1;
  const skipped = (page - 1) * perPage;
  if (skipped > MAX_SKIPPED) {
    throw problem("too_large", `page is more than ${MAX_SKIPPED} entries away`, {
      option: "page",
      remedy: "Follow the cursors in next, or use /api/v1/events with a range of time.",
    });
  }
  const filter = filterOf(identity, query);
  const { items, next } = await pageAt(audit, filter, { skipped, perPage, cursor });
  if (items.length > 0) await reads?.answered({ events: items.length, filter: filterShown(filter) });
  const total = await summarizeWithin(audit, filter, {}, { budgetMs: TOTAL_BUDGET_MS, now });
  return {
    items: items.map(entryOf),
    page,
    per_page: perPage,
    total: total.lowerBound ? null : (total.items[0]?.count ?? 0),
    ...(next !== undefined && { next }),
  };
}

function filterOf(identity: Identity, query: z.output<typeof logsQuery>): AuditFilter {
  const { agent_id: agentId, event_type: action, org_id: orgId } = query;
  const teamId = teamsToRead<string>(identity, undefined);
  return {
    ...(agentId !== undefined && { agentId }),
    ...(action !== undefined && { action }),
    ...(orgId !== undefined && { orgId }),
    ...(teamId !== undefined && { teamId }),
  };
}

interface Place {
  readonly skipped: number;
  readonly perPage: number;
  readonly cursor: string | undefined;
}

async function pageAt(audit: AuditStore, filter: AuditFilter, place: Place): Promise<Page<AuditEvent>> {
  let { cursor } = place;
  for (let left = place.skipped; left > 0; left -= SKIP_AT_ONCE) {
    const { next } = await audit.query(filter, { limit: Math.min(left, SKIP_AT_ONCE), cursor });
    if (next === undefined) return { items: [] };
    cursor = next;
  }
  return audit.query(filter, { limit: place.perPage, cursor });
}

function entryOf({ eventId, ts, agentId, sessionId, action, decision, payload }: AuditEvent): object {
  return {
    event_id: eventId,
    timestamp: ts,
    agent_id: agentId,
    session_id: sessionId ?? null,
    event_type: action,
    decision,
    payload: payload === undefined ? "" : JSON.stringify(payload),
  };
}
