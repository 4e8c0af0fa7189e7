import { once } from "node:events";
import { type AddressInfo, createServer, connect as openSocket, type Server, type Socket } from "node:net";
import { type PostgresServer, startPostgres } from "@agent-assembly/test-services";
import postgres from "postgres";
import { expect } from "vitest";

/** Runs statements as superuser on one database of a server. */
export async function onServer<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** An address that stays while the server behind it is replaced. Without a server it refuses connections. */
class Address {
  readonly #sockets = new Set<Socket>();
  #listener: Server | undefined;
  #server = 0;

  private constructor(readonly port: number) {}

  static async open(): Promise<Address> {
    const listener = await listen(0);
    const address = new Address((listener.address() as AddressInfo).port);
    await new Promise((resolve) => listener.close(resolve));
    return address;
  }

  async lead({ url }: PostgresServer): Promise<void> {
    this.#server = Number(new URL(url).port);
    this.#listener ??= await listen(this.port);
    this.#listener.removeAllListeners("connection").on("connection", (client) => this.#join(client));
  }

  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = new Promise((resolve) => listener?.close(resolve) ?? resolve(undefined));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket): void {
    const server = openSocket(this.#server, "127.0.0.1");
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

async function listen(port: number): Promise<Server> {
  const listener = createServer().listen(port, "127.0.0.1");
  await once(listener, "listening");
  return listener;
}

/** A primary and its standby, which take turns. */
export class ReplicatedPair {
  #standby: PostgresServer | undefined;
  #standbyAddress: Address;
  #primaryAddress: Address;

  private constructor(
    private server: PostgresServer,
    addresses: readonly [Address, Address],
    private readonly synchronous: boolean,
  ) {
    [this.#primaryAddress, this.#standbyAddress] = addresses;
  }

  /** @param synchronous whether commits wait until the standby has applied them; see {@link addStandby} */
  static async start({ synchronous = false }: { readonly synchronous?: boolean } = {}): Promise<ReplicatedPair> {
    const server = await startPostgres({ timescaledb: false, fsync: false });
    const addresses = [await Address.open(), await Address.open()] as const;
    await addresses[0].lead(server);
    return new ReplicatedPair(server, addresses, synchronous);
  }

  /** Whether there can be a standby: not in Docker. */
  get replicates(): boolean {
    return this.server.programs !== undefined;
  }

  get primary(): PostgresServer {
    return this.server;
  }

  get standby(): PostgresServer {
    if (this.#standby === undefined) throw new Error("there is no standby");
    return this.#standby;
  }

  /** Names both addresses. */
  urlOf(database: string): string {
    const ports = [this.#primaryAddress, this.#standbyAddress].map(({ port }) => port).toSorted((a, b) => a - b);
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
    return `postgres://postgres@${hosts}/${database}?target_session_attrs=read-write`;
  }

  async addStandby(): Promise<void> {
    this.#standby = await startPostgres({ timescaledb: false, fsync: false, standbyOf: this.server });
    await this.#standbyAddress.lead(this.#standby);
    await this.#untilStreaming();
    if (!this.synchronous) return;
    await onServer(this.server.url, async (sql) => {
      await sql.unsafe("ALTER SYSTEM SET synchronous_standby_names = 'walreceiver'");
      await sql.unsafe("ALTER SYSTEM SET synchronous_commit = 'remote_apply'");
      await sql.unsafe("SELECT pg_reload_conf()");
    });
    await expect
      .poll(() => this.#onPrimary("SELECT count(*)::int AS value FROM pg_stat_replication WHERE sync_state = 'sync'"))
      .toBe(1);
  }

  /** What is committed after this is on the primary alone. */
  async cutOff(): Promise<void> {
    await onServer(this.standby.url, async (sql) => {
      await sql.unsafe("ALTER SYSTEM SET primary_conninfo = ''");
      await sql.unsafe("SELECT pg_reload_conf()");
    });
    await expect
      .poll(() => this.#onPrimary("SELECT count(*)::int AS value FROM pg_stat_replication WHERE state = 'streaming'"))
      .toBe(0);
  }

  /** Until the standby has what the primary has. */
  async caughtUp(): Promise<void> {
    const lsn = await this.#onPrimary("SELECT pg_current_wal_insert_lsn()::text AS value");
    const replayed = `SELECT pg_last_wal_replay_lsn() >= '${lsn}'::pg_lsn AS value`;
    await expect.poll(() => onServer(this.standby.url, (sql) => readValue(sql, replayed))).toBe(true);
  }

  /** Kills the primary with SIGKILL, promotes the standby, and leaves it without one. */
  async failOver(): Promise<void> {
    const { standby } = this;
    await this.server.kill();
    await this.#primaryAddress.refuse();
    await onServer(standby.url, (sql) => sql.unsafe("SELECT pg_promote()"));
    await this.server.stop();
    [this.#primaryAddress, this.#standbyAddress] = [this.#standbyAddress, this.#primaryAddress];
    this.server = standby;
    this.#standby = undefined;
  }

  async stop(): Promise<void> {
    await this.#standby?.stop();
    await this.server.stop();
    await this.#primaryAddress.refuse();
    await this.#standbyAddress.refuse();
  }

  async #untilStreaming(): Promise<void> {
    await expect
      .poll(() => this.#onPrimary("SELECT count(*)::int AS value FROM pg_stat_replication WHERE state = 'streaming'"))
      .toBe(1);
  }

  #onPrimary(text: string): Promise<unknown> {
    return onServer(this.server.url, (sql) => readValue(sql, text));
  }
}

async function readValue(sql: postgres.Sql, text: string): Promise<unknown> {
  const [row] = await sql.unsafe<{ value: unknown }[]>(text);
  return row?.value;
}
