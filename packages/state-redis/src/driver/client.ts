import { createClient, createCluster } from "redis";
import type { ResolvedRedisOptions } from "../options.js";

/** The few things that are asked of a client, whether it speaks to one server or to a cluster. */
export interface Driver {
  connect(): Promise<unknown>;
  /** @param key one of the command's keys, which names the node; `undefined`: any node */
  send(key: string | undefined, args: readonly string[]): Promise<unknown>;
  subscribe(channels: readonly string[], listener: (message: string, channel: string) => void): Promise<void>;
  /** Ends it at once; what waits for an answer fails. */
  destroy(): void;
}

/**
 * Reconnecting and time limits are ours (see {@link Connection}): the client's own let a command wait for as long as a
 * connection whose packets get lost takes to be noticed.
 * @param onError hears of every error, and of the end
 */
export function makeDriver(options: ResolvedRedisOptions, onError: (error: unknown) => void): Driver {
  return options.cluster ? clusterDriver(options, onError) : singleDriver(options, onError);
}

/** A driver of one server; of the node in the URL when it is a cluster, which hears the messages of all nodes. */
export function singleDriver(options: ResolvedRedisOptions, onError: (error: unknown) => void): Driver {
  const client = createClient({ url: options.url, ...clientOptions(options) });
  client.on("error", onError);
  client.on("end", () => onError(undefined));
  return {
    connect: () => client.connect(),
    send: (_key, args) => client.sendCommand(args),
    subscribe: (channels, listener) => client.subscribe([...channels], listener),
    destroy: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

function clusterDriver(options: ResolvedRedisOptions, onError: (error: unknown) => void): Driver {
  const { username, password } = new URL(options.url);
  const login = {
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
  };
  const cluster = createCluster({
    rootNodes: [{ url: options.url }],
    defaults: { ...clientOptions(options), ...login },
  });
  cluster.on("error", onError);
  return {
    connect: () => cluster.connect(),
    send: (key, args) => cluster.sendCommand(key, false, [...args]),
    subscribe: (channels, listener) => cluster.subscribe([...channels], listener),
    destroy: () => {
      if (cluster.isOpen) cluster.destroy();
    },
  };
}

function clientOptions({ url, connectTimeoutMs, tls }: ResolvedRedisOptions) {
  const times = { connectTimeout: connectTimeoutMs, reconnectStrategy: false as const };
  return {
    disableOfflineQueue: true,
    // Its own limit ends when a command is written, and its signals cost about as much as all else a command does.
    commandOptions: { timeout: 0 },
    maintNotifications: "disabled" as const,
    name: "aasm",
    socket: url.startsWith("rediss:") ? { ...times, ...tls, tls: true as const } : times,
  };
}
