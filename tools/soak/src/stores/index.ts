import { startPostgresFailover } from "./failover.js";
import {
  startPlainPostgres,
  startPostgresAndRedis,
  startTimescale,
  TIMESCALE_VARIABLE,
  useTimescale,
} from "./postgres.js";
import { startSqlite } from "./sqlite.js";
import type { SoakStore, StoreNeeds } from "./store.js";

export const STORE_NAMES = [
  "sqlite",
  "postgres",
  "postgres-failover",
  "timescale-apache",
  "timescale-community",
  "postgres-redis",
] as const;

export type StoreName = (typeof STORE_NAMES)[number];

/** Starts what a soak runs on. @throws `ServiceUnavailable` where a server cannot be started */
export function startStore(name: StoreName, needs: StoreNeeds): Promise<SoakStore> {
  switch (name) {
    case "sqlite":
      return startSqlite(needs);
    case "postgres":
      return startPlainPostgres();
    case "postgres-failover":
      return startPostgresFailover();
    case "timescale-apache":
      return startTimescale();
    case "timescale-community":
      return useTimescale(process.env[TIMESCALE_VARIABLE]);
    case "postgres-redis":
      return startPostgresAndRedis();
  }
}
