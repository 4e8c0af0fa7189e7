import { StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import { locationOf } from "../connection/target.js";
import { classifyPostgresError } from "../driver/errors.js";
import { Pool } from "../driver/pool.js";
import type { ResolvedPostgresOptions } from "../options.js";
import { PrimaryLog } from "./primary-log.js";
import { Replica } from "./replica.js";

/**
 * The replica of a store, whose reads begin with what is in the primary now. One that cannot be reached is tried again when
 * something is read.
 * @param primary an open pool
 * @param lazy whether commits do not wait for the disk
 * @throws an error about `options.replicaUrl` when it leads to something that will never do; `closed` is left to the caller
 */
export async function openReplica(
  primary: Pool,
  options: ResolvedPostgresOptions,
  lazy: boolean,
): Promise<Replica | undefined> {
  const { replica: wanted } = options;
  if (wanted === undefined) return undefined;
  const log = new PrimaryLog(primary, lazy);
  const pool = new Pool({ ...options, target: wanted.target, applicationName: "aasm replica" });
  const replica = new Replica(pool, log, wanted.maxLagMs);
  try {
    await log.now();
    const sample = await log.sample(Number.POSITIVE_INFINITY);
    await replica.verify(sample).catch((error: unknown) => {
      const problem = classifyPostgresError(error);
      if (!problem.retryable) throw aboutReplica(problem, replica);
      replica.rest();
    });
    return replica;
  } catch (error) {
    await pool.close(0);
    throw error;
  }
}

function aboutReplica(problem: StorageError, { pool }: Replica): StorageError {
  const init = errorInit(problem);
  const message = init.message.startsWith("{option}") ? init.message : `{option} cannot be used: ${init.message}`;
  return new StorageError({
    ...init,
    message: init.option === undefined || init.option === REPLICA_URL ? message : init.message,
    option: init.option ?? REPLICA_URL,
    location: locationOf(pool.options.target),
  });
}

const REPLICA_URL = "options.replicaUrl";
