import type { TimescaleEdition } from "./settings.js";

/** How a server is to end: `fast` closes connections and writes a checkpoint, `immediate` is a crash with recovery after. */
export type ShutdownMode = "fast" | "immediate";

/** A PostgreSQL server that this process started. It is gone when this process ends, in whatever way. */
export interface PostgresServer {
  /** The server's database `postgres` as superuser, e.g. `postgresql://postgres@127.0.0.1:40001/postgres`. */
  readonly url: string;
  /** The same; the name `createDatabase` asks for. */
  readonly adminUrl: string;
  /** Such as `17.6`. */
  readonly version: string;
  /** The TimescaleDB that `CREATE EXTENSION timescaledb` gives; `undefined` when it was not asked for. */
  readonly timescaledb: { readonly edition: TimescaleEdition; readonly version: string } | undefined;
  /** The postmaster, from `postmaster.pid`; changes with a restart. `undefined` in Docker and while it is not running. */
  readonly pid: number | undefined;
  /** Ends the server and starts it on the same port with the same data. After `kill` it only starts. */
  restart(mode: ShutdownMode): Promise<void>;
  /** Ends the server and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
  /** Ends the server and all its processes with SIGKILL, as when power fails. The data stay, for `restart`. */
  kill(): Promise<void>;
}
