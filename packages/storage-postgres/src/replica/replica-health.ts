import { isStorageError, type StorageHealth } from "@agent-assembly/storage-core";
import { classifyPostgresError } from "../driver/errors.js";
import type { LogSample } from "./primary-log.js";
import type { Reads } from "./reads.js";
import { lagMs, lagOf, type StandbyState } from "./standby-state.js";

/** What health says of a replica. */
export interface ReplicaHealth {
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  readonly details: StorageHealth["details"];
}

const NONE: ReplicaHealth = { problems: [], notes: [], details: {} };

/** How far the replica is behind, and how many reads went where. Problems are reported, not thrown. @throws `closed` */
export async function replicaHealth({ replica, onPrimary }: Reads): Promise<ReplicaHealth> {
  if (replica === undefined) return NONE;
  const counts = { replica: replica.place, readsOnReplica: replica.reads, readsOnPrimary: onPrimary };
  try {
    const sample = await replica.log.sample(replica.maxLagMs / 2);
    const state = await replica.verify(sample);
    const since = performance.now();
    if (!state.inRecovery)
      return { problems: [], notes: [`${replica.place} is not a standby now; ${THERE}`], details: counts };
    const problem = lagOf(state, { sample, since, place: 0n, maxLagMs: replica.maxLagMs });
    return {
      problems: problem === undefined ? [] : [`the replica ${replica.place}: ${problem}; ${THERE}`],
      notes: [],
      details: { ...counts, ...lagDetails(state, sample, since) },
    };
  } catch (error) {
    if (isStorageError(error, "closed")) throw error;
    const { message } = classifyPostgresError(error);
    replica.rest();
    return {
      problems: [`the replica ${replica.place} cannot be read from: ${message} ${THERE}`],
      notes: [],
      details: counts,
    };
  }
}

const THERE = "reads go to the primary";

/** Nothing of it is known where it is on another timeline. */
function lagDetails(state: StandbyState, sample: LogSample, now: number): StorageHealth["details"] {
  if (state.place === undefined || sample.place === undefined || state.timeline !== sample.timeline) return {};
  const bytes = sample.place - state.place;
  if (bytes <= 0n) return { replicaLagBytes: 0, replicaLagMs: 0 };
  const ms = lagMs(state, sample, now);
  return { replicaLagBytes: Number(bytes), ...(Number.isFinite(ms) && { replicaLagMs: Math.round(ms) }) };
}
