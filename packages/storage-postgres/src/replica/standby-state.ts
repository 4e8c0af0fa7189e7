import { StorageError } from "@agent-assembly/storage-core";
import type { AnySql } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { type DatabaseIdentity, IDENTITY_COLUMNS, type LogPlace, type LogSample } from "./primary-log.js";

/** What a server says of itself, in the session that is about to read. */
export interface StandbyState extends DatabaseIdentity {
  readonly inRecovery: boolean;
  /** What it has replayed, and later statements see; `undefined` on a server that never was a standby. */
  readonly place: LogPlace | undefined;
  /** The newest timeline that it is known to have replayed something of. */
  readonly timeline: number;
  /** When the newest commit that it has replayed was made, by the primary's clock; milliseconds since the epoch. */
  readonly commitTime: number | undefined;
  /** The same as long as it is the same server that runs without a restart. */
  readonly instance: string;
}

const STATE = `SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text,
    greatest((SELECT timeline_id FROM pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_control_recovery()))::text,
    floor(extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000)::text,
    concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time()), ${IDENTITY_COLUMNS}`;

type StateRow = [
  inRecovery: boolean,
  place: string | null,
  timeline: string,
  commitTime: string | null,
  instance: string,
  system: string,
  database: string,
];

export async function readStandbyState(sql: AnySql, prepare: boolean): Promise<StandbyState> {
  const [row] = await rows<StateRow>(sql, { text: STATE, values: [] }, prepare);
  const [inRecovery, place, timeline, commitTime, instance, system, database] = row as StateRow;
  return {
    inRecovery,
    place: place === null ? undefined : BigInt(place),
    timeline: Number(timeline),
    commitTime: commitTime === null ? undefined : Number(commitTime),
    instance,
    system,
    database,
  };
}

/** What the session has replayed by now. */
export async function readReplayed(sql: AnySql, prepare: boolean): Promise<LogPlace | undefined> {
  const text = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text";
  const [row] = await rows<[string | null]>(sql, { text, values: [] }, prepare);
  return row?.[0] == null ? undefined : BigInt(row[0]);
}

/**
 * Why a server is no replica of the primary, whatever it has replayed; `undefined` for one that is.
 * @throws nothing: opening throws it, later it is a problem of health
 */
export function notReplicaOf(primary: DatabaseIdentity, state: StandbyState): StorageError | undefined {
  if (state.system !== primary.system) {
    return notReplica(
      "leads to a server that is no physical copy of the primary: its system identifier is another one",
      "Name a streaming replica of the primary.",
    );
  }
  if (state.database !== primary.database) {
    return notReplica("leads to another database of the same server", "Name the database that the store is in.");
  }
  if (state.inRecovery) return undefined;
  return notReplica(
    "leads to a server that is not a standby",
    "Name a standby, or add target_session_attrs=prefer-standby to it, which accepts that there may be none for a while.",
  );
}

function notReplica(problem: string, remedy: string): StorageError {
  return new StorageError({
    code: "invalid_argument",
    option: "options.replicaUrl",
    message: `{option} ${problem}`,
    remedy,
  });
}

/** What a read has to see. */
export interface Wanted {
  /** The newest sample of the primary. */
  readonly sample: LogSample;
  /** When the read began, by `performance.now()`. */
  readonly since: number;
  /** What must have been replayed. */
  readonly place: LogPlace;
  /** `undefined` where only the place counts. */
  readonly maxLagMs: number | undefined;
}

/**
 * Why a replica must not be read from just now; `undefined` when it may be. No clocks are compared: it is fresh when it has
 * replayed the log as it was when the read began less the limit, by this process's time, or a commit as young as that by the
 * primary's clock, which samples tell.
 */
export function lagOf(state: StandbyState, { sample, since, place, maxLagMs }: Wanted): string | undefined {
  if (state.place === undefined || sample.place === undefined) return "it is not known how far the replica is";
  // One that has not followed the last failover may have replayed what was lost, and be further in its own history.
  if (state.timeline !== sample.timeline) return "it is on another timeline than the primary, as after a failover";
  const behindMs = maxLagMs === undefined ? 0 : lagMs(state, sample, since);
  if (behindMs > (maxLagMs ?? 0)) return `it is ${behindText(behindMs)} behind, and maxReplicaLagMs is ${maxLagMs}`;
  return state.place < place ? NOT_REPLAYED : undefined;
}

/** Of a replica that is fresh enough for other reads. */
export const NOT_REPLAYED = "it has not replayed yet what has to be seen";

function behindText(ms: number): string {
  return Number.isFinite(ms) ? `${Math.ceil(ms)} ms` : "an unknown time";
}

/** At most how far a replica is behind, in milliseconds. @param now by `performance.now()` */
export function lagMs({ place, commitTime }: StandbyState, sample: LogSample, now: number): number {
  const age = Math.max(0, now - sample.takenAt);
  if (place !== undefined && sample.place !== undefined && place >= sample.place) return age;
  if (commitTime === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, sample.serverTime + (now - sample.takenAt) - commitTime);
}
