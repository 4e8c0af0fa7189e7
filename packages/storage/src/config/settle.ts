import { configError } from "./problem.js";
import type { GatewayConfig, PostgresConfig } from "./schema/schema.js";

/** How strong the source of a key under `storage.postgres` is; 0 for a default. */
type RankOf = (key: string) => number;

/**
 * Fills in dependent values of the section: `mode` from `enabled` or the other way round, and a minimum that fits a
 * small maximum unless one was given.
 * @throws `invalid_argument` for values that contradict each other
 */
export function settlePostgres(postgres: PostgresConfig, rankOf: RankOf): PostgresConfig {
  const { max_connections, min_connections, timescaledb } = postgres;
  const least = rankOf("min_connections") > 0 ? min_connections : Math.min(min_connections, max_connections);
  if (least > max_connections) {
    throw configError({
      option: "storage.postgres.min_connections",
      message: `{option} is ${least}; allowed: at most max_connections, which is ${max_connections}`,
    });
  }
  return { ...postgres, min_connections: least, timescaledb: settleTimescale(timescaledb, rankOf) };
}

/** Of two sources, the one that overrides the other decides for both keys. */
function settleTimescale(timescaledb: PostgresConfig["timescaledb"], rankOf: RankOf): PostgresConfig["timescaledb"] {
  const { enabled } = timescaledb;
  const [rank, rankOfMode] = [rankOf("timescaledb.enabled"), rankOf("timescaledb.mode")];
  const mode = (rank > rankOfMode ? undefined : timescaledb.mode) ?? (enabled ? "require" : "off");
  const used = mode !== "off";
  if (rank > 0 && rank === rankOfMode && enabled !== used) {
    const allowed = enabled ? '"require" or "prefer"' : '"off"';
    throw configError({
      option: "storage.postgres.timescaledb.mode",
      message: `{option} is "${mode}", and enabled is ${enabled}; allowed: ${allowed}, or mode alone`,
    });
  }
  return { ...timescaledb, enabled: used, mode };
}

/**
 * The section with absolute paths.
 * @throws `invalid_argument` for a certificate without its key, and the other way round
 */
export function settleGateway(gateway: GatewayConfig, absolute: (path: string) => string): GatewayConfig {
  const { cert_file, key_file, ...rest } = gateway;
  if (cert_file !== undefined && key_file !== undefined) {
    return { ...rest, cert_file: absolute(cert_file), key_file: absolute(key_file) };
  }
  if (cert_file === undefined && key_file === undefined) return rest;
  const [missing, given] = cert_file === undefined ? ["cert_file", "key_file"] : ["key_file", "cert_file"];
  throw configError({
    option: `gateway.${missing}`,
    message: `{option} is missing, and gateway.${given} is given`,
    remedy: "TLS takes a certificate and its key.",
  });
}
