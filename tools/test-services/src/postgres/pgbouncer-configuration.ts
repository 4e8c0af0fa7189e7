/** How pgbouncer lends server connections to clients. */
export type PoolMode = "transaction" | "session" | "statement";

/** What pgbouncer is told. */
export interface PgBouncerConfiguration {
  readonly serverUrl: string;
  readonly poolMode: PoolMode;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The text of `pgbouncer.ini`: every database of the server, every client as the user of the server's URL. */
export function pgBouncerIni({ serverUrl, poolMode, port, settings }: PgBouncerConfiguration): string {
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const target = {
    host: hostname,
    port: serverPort || "5432",
    user: decodeURIComponent(username) || "postgres",
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
  const pooler = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "any",
    pool_mode: poolMode,
    max_client_conn: "500",
    default_pool_size: "20",
    ...settings,
  };
  const database = Object.entries(target).map(([name, value]) => `${name}='${value.replaceAll("'", "''")}'`);
  const lines = Object.entries(pooler).map(([name, value]) => `${name} = ${value}`);
  return `[databases]\n* = ${database.join(" ")}\n\n[pgbouncer]\n${lines.join("\n")}\n`;
}
