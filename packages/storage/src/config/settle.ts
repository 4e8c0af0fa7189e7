import { configError } from "./problem.js";
import type { PostgresConfig } from "./schema/schema.js";

/**
 * Fills in dependent values of the section: `mode` from `enabled` or the other way round, and a minimum that fits a
 * small maximum unless one was given.
 * @param isSet tells whether a key under `storage.postgres` was given or has its default
 * @throws `invalid_argument` for values that contradict each other
 */
export function settlePostgres(postgres: PostgresConfig, isSet: (key: string) => boolean): PostgresConfig {
  const { max_connections, min_connections, timescaledb } = postgres;
  const least = isSet("min_connections") ? min_connections : Math.min(min_connections, max_connections);
  if (least > max_connections) {
    throw configError({
      option: "storage.postgres.min_connections",
      message: `{option} is ${least}; allowed: at most max_connections, which is ${max_connections}`,
    });
  }
  return { ...postgres, min_connections: least, timescaledb: settleTimescale(timescaledb, isSet) };
}

function settleTimescale(
  timescaledb: PostgresConfig["timescaledb"],
  isSet: (key: string) => boolean,
): PostgresConfig["timescaledb"] {
  const { enabled, mode = enabled ? "require" : "off" } = timescaledb;
  const used = mode !== "off";
  if (isSet("timescaledb.enabled") && enabled !== used) {
    const allowed = enabled ? '"require" or "prefer"' : '"off"';
    throw configError({
      option: "storage.postgres.timescaledb.mode",
      message: `{option} is "${mode}", and enabled is ${enabled}; allowed: ${allowed}, or mode alone`,
    });
  }
  return { ...timescaledb, enabled: used, mode };
}
