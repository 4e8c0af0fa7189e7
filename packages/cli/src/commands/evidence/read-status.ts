import type { StorageBackend } from "@agent-assembly/storage-core";
import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { formatCount, formatDuration, formatRelative } from "../../terminal/format.js";

/** Where the log of a store stands. Nothing of it is verified. */
export interface LogStatus {
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** How long the oldest event waits that is not sealed, in milliseconds; 0 where none waits. */
  readonly lagMs: number;
  readonly checkpoint: { readonly size: number; readonly at: Date } | null;
}

/** `null` where the store has no log. A few rows are read, however large it is. */
export async function readLogStatus({ evidenceSupport }: StorageBackend, now: number): Promise<LogStatus | null> {
  const log = await evidenceSupport?.log();
  return evidenceSupport === undefined || log === undefined ? null : logStatus(evidenceSupport, log, now);
}

export async function logStatus(
  support: EvidenceSupport,
  { log, origin, size, position }: EvidenceLog,
  now: number,
): Promise<LogStatus> {
  const [[checkpoint], { events }] = await Promise.all([support.checkpoints(1, log), support.next(position, 1)]);
  const [waiting] = events;
  return {
    origin,
    size,
    lagMs: waiting === undefined ? 0 : Math.max(1, now - waiting.event.recordedAt),
    checkpoint: checkpoint !== undefined ? { size: checkpoint.size, at: new Date(checkpoint.at) } : null,
  };
}

/** The log in one line. */
export function logText({ size, lagMs, checkpoint }: LogStatus, now: number): string {
  return `${formatCount(size)} leaves, ${lagText(lagMs)}, ${checkpointText(checkpoint, now)}`;
}

export function lagText(lagMs: number): string {
  return lagMs === 0 ? "nothing waits" : `an event waits for ${formatDuration(lagMs)}`;
}

export function checkpointText(checkpoint: LogStatus["checkpoint"], now: number): string {
  if (checkpoint === null) return "no checkpoint was signed";
  return `last checkpoint of ${formatCount(checkpoint.size)} ${formatRelative(checkpoint.at, now)}`;
}
