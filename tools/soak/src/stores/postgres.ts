import {
  createDatabase,
  type PostgresServer,
  type RedisServer,
  ServiceUnavailable,
  startPostgres,
  startRedis,
  startSwallowingProxy,
  type TestDatabase,
} from "@agent-assembly/test-services";
import postgres from "postgres";
import { networkFaults } from "../faults/network-faults.js";
import { postgresFaults, redisFaults } from "../faults/server-faults.js";
import { PostgresTables } from "./postgres-tables.js";
import type { SoakStore } from "./store.js";

/** As in production, commits wait for the disk: killing the server must lose none. */
const DURABLE = { fsync: true };

type Parts = { readonly extension: "off" | "require"; readonly database: TestDatabase; readonly title: string };

/** PostgreSQL 17 with a server of its own. */
export async function startPlainPostgres(): Promise<SoakStore> {
  const server = await startPostgres({ timescaledb: false, ...DURABLE });
  const database = await createDatabase(server.url, "soak");
  return onServer(server, { extension: "off", database, title: `PostgreSQL ${server.version}` });
}

/** The same, with TimescaleDB's Apache edition. */
export async function startTimescale(): Promise<SoakStore> {
  const server = await startPostgres({ timescaledb: true, ...DURABLE });
  const database = await createDatabase(server.url, "soak");
  await withExtension(database.url);
  const title = `PostgreSQL ${server.version}, TimescaleDB ${server.timescaledb?.version} (Apache edition)`;
  return onServer(server, { extension: "require", database, title });
}

/** Names a server that runs already. */
export const TIMESCALE_VARIABLE = "AASM_TEST_TIMESCALE_URL";

/** A server that runs already, which cannot be killed: the other faults come all the same. */
export async function useTimescale(url: string | undefined): Promise<SoakStore> {
  const remedy = `set ${TIMESCALE_VARIABLE} to the URL of a server with TimescaleDB's Community edition`;
  if (url === undefined) throw new ServiceUnavailable("the store is a server that runs already", remedy);
  let database: TestDatabase;
  try {
    database = await createDatabase(url, "soak");
  } catch (error) {
    const reason = (error as { code?: string }).code ?? (error as Error).message;
    throw new ServiceUnavailable(`the server cannot be used (${reason})`, remedy, { cause: error });
  }
  await withExtension(database.url);
  return onServer(undefined, { extension: "require", database, title: `the TimescaleDB of ${TIMESCALE_VARIABLE}` });
}

/** PostgreSQL 17 for the store, and Redis for approvals, both killed now and then. */
export async function startPostgresAndRedis(): Promise<SoakStore> {
  const redis = await startRedis({ appendonly: true });
  try {
    return await withRedis(await startPlainPostgres(), redis);
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

async function withRedis(store: SoakStore, redis: RedisServer): Promise<SoakStore> {
  const proxy = await startSwallowingProxy(redis.url);
  return {
    ...store,
    title: `${store.title}, Redis ${redis.version}`,
    options: { ...store.options, state: { redis: { url: proxy.url } } },
    direct: { ...store.direct, state: { redis: { url: redis.url } } },
    faults: [...store.faults, ...redisFaults(redis), ...networkFaults("Redis", [proxy])],
    async recover() {
      await store.recover();
      await proxy.setMode("pass");
      if (redis.pid === undefined) await redis.restart();
    },
    async stop() {
      await proxy.stop();
      await redis.stop();
      await store.stop();
    },
  };
}

async function withExtension(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await sql`CREATE EXTENSION timescaledb`;
  await sql.end();
}

async function onServer(server: PostgresServer | undefined, parts: Parts): Promise<SoakStore> {
  const { extension, database, title } = parts;
  const proxy = await startSwallowingProxy(database.url);
  const tables = new PostgresTables(() => database.url);
  const options = (url: string) => ({ backend: "postgres", url, timescaledb: extension }) as const;
  return {
    title,
    options: options(proxy.url),
    direct: options(database.url),
    faults: [...(server ? postgresFaults(server) : []), ...networkFaults("PostgreSQL", [proxy])],
    notTried: [
      ...(server ? [] : ["PostgreSQL killed or restarted: the server is not ours"]),
      "disk full: PostgreSQL ends when there is no room for its log",
    ],
    tables,
    async recover() {
      await proxy.setMode("pass");
      if (server !== undefined && server.pid === undefined) await server.restart("immediate");
    },
    async stop() {
      await proxy.stop();
      await (server === undefined ? database.drop() : server.stop());
    },
  };
}
