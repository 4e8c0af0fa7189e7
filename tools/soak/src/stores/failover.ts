import { createDatabase } from "@agent-assembly/test-services";
import { networkFaults } from "../faults/network-faults.js";
import { pairFaults } from "../faults/server-faults.js";
import { PostgresTables } from "./postgres-tables.js";
import { ServerPair } from "./server-pair.js";
import type { SoakStore } from "./store.js";

/** PostgreSQL 17 with a synchronous standby, which takes the place of the primary when that is killed. */
export async function startPostgresFailover(): Promise<SoakStore> {
  const pair = await ServerPair.start();
  try {
    const { name } = await createDatabase(pair.url, "soak");
    const options = (which: "proxy" | "direct") =>
      ({ backend: "postgres", url: pair.urlOf(name, which), timescaledb: "off" }) as const;
    return {
      title: `PostgreSQL ${pair.version} with a synchronous standby`,
      options: options("proxy"),
      direct: options("direct"),
      faults: [...pairFaults(pair), ...networkFaults("PostgreSQL", pair.proxies)],
      notTried: ["disk full: PostgreSQL ends when there is no room for its log"],
      tables: new PostgresTables(() => new URL(`/${name}`, pair.url).href),
      async recover() {
        for (const proxy of pair.proxies) await proxy.setMode("pass");
      },
      stop: () => pair.stop(),
    };
  } catch (error) {
    await pair.stop();
    throw error;
  }
}
