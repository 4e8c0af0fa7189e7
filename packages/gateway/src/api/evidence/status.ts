import { logKeys } from "@agent-assembly/evidence";
import type { AgentStorage } from "@agent-assembly/storage";
import { type EvidenceLog, type EvidenceSupport, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";

/** Where the log of a store stands; a few rows are read, however large it is. */
export async function evidenceStatus({ evidenceSupport: support }: AgentStorage, now: number): Promise<object> {
  const log = await support?.log();
  if (support === undefined || log === undefined) return { sealed: false };
  const [[checkpoint], waiting, keys, logs, anchors] = await Promise.all([
    support.checkpoints(1, log.log),
    support.next(log.position, MAX_EVIDENCE_LIMIT),
    logKeys(support, log),
    support.logs(),
    newestReceipts(support, log),
  ]);
  const [oldest] = waiting.events;
  return {
    sealed: true,
    origin: log.origin,
    size: log.size,
    lagMs: oldest === undefined ? 0 : Math.max(1, now - oldest.event.recordedAt),
    waiting: { events: waiting.events.length, more: waiting.more },
    checkpoint: checkpoint === undefined ? null : { size: checkpoint.size, at: new Date(checkpoint.at) },
    logs: logs.map((one) => ({ log: one.log, origin: one.origin, size: one.size })),
    keys,
    anchors,
  };
}

/** The newest receipt of each anchor. */
async function newestReceipts(support: EvidenceSupport, { log }: EvidenceLog): Promise<object[]> {
  const newest = new Map<string, object>();
  for (const { kind, target, size, at } of await support.anchors(MAX_EVIDENCE_LIMIT, log)) {
    const name = `${kind} ${target}`;
    if (!newest.has(name)) newest.set(name, { kind, where: target, size, at: new Date(at) });
  }
  return [...newest.values()];
}
