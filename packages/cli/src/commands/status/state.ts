import { type LoadedConfig, maskUrl, type StateReport, type Storage } from "@agent-assembly/storage";

/** Where hot-path state lives and how it is. */
export interface StateStatus extends StateReport {
  /** Its URL without the password; `null` when it is off. */
  readonly redis: string | null;
  /** Requests that wait for a decision; `null` where nobody can tell now. */
  readonly pendingApprovals: number | null;
  /** There are more than that. */
  readonly morePending: boolean;
}

/** Where the health of the queue does not tell: how many requests are read for it. */
const READ = 200;
/** As far as the health of the queue counts. */
const COUNTED = 10_000;

export async function readStateStatus(storage: Storage, { config }: LoadedConfig): Promise<StateStatus> {
  const { enabled, url } = config.storage.redis;
  const report = await storage.state.health();
  return {
    redis: enabled && url !== undefined ? maskUrl(url) : null,
    ...report,
    ...(await pendingOf(storage, report)),
  };
}

async function pendingOf(
  { state }: Storage,
  { approvals }: StateReport,
): Promise<Pick<StateStatus, "pendingApprovals" | "morePending">> {
  if (approvals.status === "down") return { pendingApprovals: null, morePending: false };
  const { pending } = approvals.details;
  if (typeof pending === "number") return { pendingApprovals: pending, morePending: pending >= COUNTED };
  const { items, next } = await state.approvals.list({ state: ["pending", "claimed"] }, { limit: READ });
  return { pendingApprovals: items.length, morePending: next !== undefined };
}
