import { setTimeout as sleep } from "node:timers/promises";
import {
  type PostgresServer,
  type StartPostgresOptions,
  type SwallowingProxy,
  startPostgres,
  startSwallowingProxy,
} from "@agent-assembly/test-services";
import { ask } from "./postgres-tables.js";

/** Between two looks whether the standby follows. */
const LOOK_MS = 50;
const OPTIONS: StartPostgresOptions = {
  timescaledb: false,
  // Nothing depends on the disk: a server that was killed never takes writes again.
  fsync: false,
  settings: {
    // What was acknowledged is visible on the standby, which goes on where the primary ended.
    synchronous_commit: "remote_apply",
    wal_keep_size: "1GB",
    // A standby that was killed looks for its primary this often.
    wal_retrieve_retry_interval: "200ms",
  },
};

/** One of two addresses, behind which another server takes the place of one that was killed. */
interface Place {
  server: PostgresServer;
  /** Where the processes connect; faults of the network are here. */
  readonly proxy: SwallowingProxy;
  /** Where the soak itself connects. */
  readonly direct: SwallowingProxy;
}

/** A PostgreSQL server and its standby, which follows it synchronously. */
export class ServerPair {
  private constructor(
    private primary: Place,
    private standby: Place,
  ) {}

  /** @throws `ServiceUnavailable` */
  static async start(): Promise<ServerPair> {
    const primary = await startPostgres(OPTIONS);
    try {
      const standby = await startPostgres({ ...OPTIONS, standbyOf: primary });
      const pair = new ServerPair(await placeOf(primary), await placeOf(standby));
      await pair.#replicateSynchronously();
      return pair;
    } catch (error) {
      await primary.stop();
      throw error;
    }
  }

  get version(): string {
    return this.primary.server.version;
  }

  /** Of the server that takes writes now. */
  get url(): string {
    return this.primary.server.url;
  }

  get proxies(): readonly SwallowingProxy[] {
    return [this.primary.proxy, this.standby.proxy];
  }

  /** A URL that names both servers, which stays valid when they change their roles. */
  urlOf(database: string, which: "proxy" | "direct"): string {
    const hosts = [this.primary, this.standby].map((place) => new URL(place[which].url).host).join(",");
    return `postgres://postgres@${hosts}/${database}?target_session_attrs=read-write`;
  }

  /** Kills the primary, promotes its standby, and makes a new standby of it in the place of the killed one. */
  async failOver(whileGone: () => Promise<void>): Promise<void> {
    const { primary: killed, standby: promoted } = this;
    await killed.server.kill();
    await whileGone();
    await ask(promoted.server.url, (sql) => sql`SELECT pg_promote()`);
    this.primary = promoted;
    this.standby = killed;
    await killed.server.stop();
    killed.server = await startPostgres({ ...OPTIONS, standbyOf: promoted.server });
    for (const proxy of [killed.proxy, killed.direct]) proxy.forwardTo(killed.server.url);
    await this.#replicateSynchronously();
  }

  /** Kills the standby, so that commits wait, and starts it again. */
  async killStandby(whileGone: () => Promise<void>): Promise<void> {
    await this.standby.server.kill();
    await whileGone();
    await this.standby.server.restart("immediate");
    await this.#waitForStandby();
  }

  async stop(): Promise<void> {
    for (const { server, proxy, direct } of [this.primary, this.standby]) {
      await proxy.stop();
      await direct.stop();
      await server.stop();
    }
  }

  /** From now on: a server that waits for a standby before it has one cannot be copied to make it. */
  async #replicateSynchronously(): Promise<void> {
    await ask(this.url, async (sql) => {
      await sql.unsafe("ALTER SYSTEM SET synchronous_standby_names = '*'");
      await sql`SELECT pg_reload_conf()`;
    });
    await this.#waitForStandby();
  }

  async #waitForStandby(): Promise<void> {
    const follows = () =>
      ask(this.url, (sql) => sql`SELECT FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'`);
    while ((await follows()).length === 0) await sleep(LOOK_MS);
  }
}

async function placeOf(server: PostgresServer): Promise<Place> {
  return {
    server,
    proxy: await startSwallowingProxy(server.url),
    direct: await startSwallowingProxy(server.url),
  };
}
