import type postgres from "postgres";

/*
 * postgres.js uses idle connections in turn, so that each statement meets another process of the server, whose memory has left
 * the processor's caches since its last one: with four connections an append takes a fifth longer than with one. The driver
 * has no option for it, and does not show the queue of idle connections but through one of them.
 */

type Call = (...args: unknown[]) => unknown;

/** A queue of the driver's, as far as it uses it. */
interface Queue {
  readonly length: number;
  push(connection: Connection): Connection;
  shift(): Connection | undefined;
  remove(connection: Connection): Connection | null;
}

/** A connection of the driver's. */
interface Connection {
  /** The one that it is in. */
  readonly queue: Queue;
  /** Started whenever it has been put into the queue of idle ones. */
  readonly idleTimer: { start(): void };
}

/** What a query is told of: its connection, once it is sent. The driver's own BEGIN asks for it. */
interface QueryOptions {
  onexecute?: (connection: Connection) => unknown;
}

/** The same client, which uses the connection first that has become idle last. */
export function newestIdleFirst(sql: postgres.Sql): postgres.Sql {
  const unsafe = sql.unsafe.bind(sql) as Call;
  let found = false;
  const watch = (connection: Connection): void => {
    found = true;
    // Another version of the driver, perhaps: it uses its connections in turn, then.
    if (!isKnown(connection)) return;
    const { idleTimer } = connection;
    const start = idleTimer.start;
    idleTimer.start = () => {
      idleTimer.start = start;
      takeNewestFirst(connection.queue);
      start();
    };
  };
  const watched = (...args: unknown[]): unknown => {
    const query = unsafe(...args);
    if (found) return query;
    const { options } = query as { readonly options?: QueryOptions };
    if (options === undefined) return query;
    const { onexecute } = options;
    options.onexecute = (connection) => {
      if (!found) watch(connection);
      return onexecute === undefined || onexecute(connection);
    };
    return query;
  };
  return Object.assign(sql, { unsafe: watched });
}

function isKnown({ queue, idleTimer }: Partial<Connection>): boolean {
  const has = (of: object | undefined, ...names: string[]): boolean =>
    names.every((name) => typeof (of as Record<string, unknown> | undefined)?.[name] === "function");
  return has(queue, "push", "shift", "remove") && has(idleTimer, "start");
}

function takeNewestFirst(queue: Queue): void {
  const idle: Connection[] = [];
  while (queue.length > 0) idle.push(queue.shift() as Connection);
  Object.defineProperty(queue, "length", { get: () => idle.length });
  Object.assign(queue, {
    push: (connection: Connection) => {
      idle.push(connection);
      return connection;
    },
    shift: () => idle.pop(),
    remove: (connection: Connection) => {
      const at = idle.indexOf(connection);
      if (at < 0) return null;
      idle.splice(at, 1);
      return connection;
    },
  });
}
