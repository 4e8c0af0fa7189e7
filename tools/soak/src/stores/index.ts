import { startPlainPostgres, startPostgresAndRedis, startTimescale, useTimescale } from "./postgres.js";
import { startSqlite } from "./sqlite.js";
import type { SoakStore, StoreNeeds } from "./store.js";

export const STORE_NAMES = ["sqlite", "postgres", "timescale-apache", "timescale-community", "postgres-redis"] as const;

export type StoreName = (typeof STORE_NAMES)[number];

/** Starts what a soak runs on. @throws `ServiceUnavailable` where a server cannot be started */
export function startStore(name: StoreName, needs: StoreNeeds): Promise<SoakStore> {
  switch (name) {
    case "sqlite":
      return startSqlite(needs);
    case "postgres":
      return startPlainPostgres();
    case "timescale-apache":
      return startTimescale();
    case "timescale-community": {
      const url = process.env.AASM_TEST_TIMESCALE_URL;
      if (url === undefined) throw new Error("set AASM_TEST_TIMESCALE_URL to a server with the Community edition");
      return useTimescale(url);
    }
    case "postgres-redis":
      return startPostgresAndRedis();
  }
}
