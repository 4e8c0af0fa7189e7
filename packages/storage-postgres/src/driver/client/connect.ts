import type { Socket } from "node:net";
import postgres from "postgres";
import type { ConnectionTarget, ServerAddress } from "../../connection/target.js";
import type { ResolvedConnectionOptions } from "../../options.js";
import { denseAnswers } from "./dense-answers.js";
import { failedSocket } from "./failed-socket.js";
import type { IdleHandles } from "./idle-handles.js";
import { newestIdleFirst } from "./newest-idle.js";
import { ServerChooser, type SessionState } from "./servers.js";
import { type SessionOptions, sessionSettings } from "./session.js";
import { noticeSilentClose } from "./silent-close.js";
import { openSocket } from "./socket.js";
import { guardBegin } from "./transaction-guard.js";

export type Sql = postgres.Sql;
/** Inside a transaction. */
export type TransactionSql = postgres.TransactionSql;
/** A pool or a transaction. */
export type AnySql = Sql | TransactionSql;

export interface ClientOptions extends ResolvedConnectionOptions, SessionOptions {
  readonly maxConnections: number;
}

/** Pauses between attempts to connect stay short, so that work resumes soon after the server is back. */
const LONGEST_BACKOFF_SECONDS = 1;
/** Of silence, after which a connection is probed. */
const KEEP_ALIVE_SECONDS = 60;
/** For a probe to say goodbye to the server. */
const END_SECONDS = 1;

/** Callbacks of a listening client. */
export interface ListenerHooks {
  readonly onnotify: (channel: string, payload: string) => void;
  readonly onclose: () => void;
}

/** One for all clients of a store, so that their connections go to one server. */
const CHOOSERS = new WeakMap<ConnectionTarget, ServerChooser>();

function chooserOf(options: ClientOptions): ServerChooser {
  const { target, connectTimeoutMs } = options;
  const known = CHOOSERS.get(target) ?? new ServerChooser(target, connectTimeoutMs, (server) => probe(options, server));
  CHOOSERS.set(target, known);
  return known;
}

/** The server that new connections of these options go to. */
export function currentServer(options: ClientOptions): ServerAddress {
  return chooserOf(options).current;
}

/**
 * A client of the driver with our common settings. It connects on first use.
 * @param own `sockets` are told of its sockets, which keep the process alive otherwise; hooks of a client that listens
 */
export function connect(
  options: ClientOptions,
  { sockets, ...hooks }: Partial<ListenerHooks> & { readonly sockets?: IdleHandles } = {},
): Sql {
  const chooser = chooserOf(options);
  const { target } = options;
  return denseAnswers(
    guardBegin(
      clientOf(options, {
        socket: async () => {
          const socket = await chooser.connect();
          socket.once("close", () => sockets?.remove(socket));
          return sockets?.add(socket) ?? socket;
        },
        password: () => target.password(chooser.current),
        more: { max_lifetime: null, ...hooks },
      }),
    ),
  );
}

/** Logs in to one server, and asks what it is. */
async function probe(options: ClientOptions, server: ServerAddress): Promise<SessionState> {
  const { target, connectTimeoutMs } = options;
  const socket = (): Promise<Socket> => openSocket(server, target.tls, connectTimeoutMs);
  const client = clientOf({ ...options, maxConnections: 1 }, { socket, password: () => target.password(server) });
  try {
    const [row] = await client<SessionState[]>`
      SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS "readOnly"`.simple();
    return row as SessionState;
  } finally {
    await client.end({ timeout: END_SECONDS });
  }
}

interface ClientParts {
  readonly socket: () => Promise<Socket>;
  readonly password: () => string;
  /** More options of the driver. */
  readonly more?: Partial<ListenerHooks> & { readonly max_lifetime: null };
}

function clientOf(options: ClientOptions, { socket, password, more }: ClientParts): Sql {
  const { prepare, target } = options;
  const open = noticeSilentClose(socket);
  const parsed = postgres({
    // One, whatever there is: the driver's own choice of servers never ends where none is what is wanted.
    host: "-",
    port: 0,
    user: target.user,
    database: target.database,
    password,
    max: options.maxConnections,
    prepare,
    ssl: false,
    keep_alive: target.keepAliveSeconds ?? KEEP_ALIVE_SECONDS,
    connect_timeout: Math.max(1, Math.ceil(options.connectTimeoutMs / 1000)),
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, LONGEST_BACKOFF_SECONDS) * (0.5 + Math.random() / 2),
    // We write and read array types as text, which saves a query for each connection.
    fetch_types: false,
    onnotice: () => undefined,
    types: { timestamp: asText(1184), json: asText(3802, 114) },
    // Given, since the driver reads it from the environment otherwise, and refuses some values.
    target_session_attrs: "primary",
    ...({ socket: () => open().catch(failedSocket) } as object),
    ...more,
    connection: sessionSettings(options),
  }).options;
  // Options that were parsed once are taken as they are.
  return newestIdleFirst(
    postgres({ ...parsed, target_session_attrs: null } as unknown as postgres.Options<Record<string, never>>),
  );
}

/** Times and JSON are read and written as text; drizzle configures the client the same way. */
function asText(...types: [number, ...number[]]): postgres.PostgresType<string> {
  return { to: types[0], from: types, serialize: (value: string) => value, parse: (text: string) => text };
}
