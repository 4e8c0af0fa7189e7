import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * `pass` forwards everything. `swallow` takes connections and bytes and forwards nothing, in either direction, as when
 * the network drops packets. `refuse` closes the port and resets the open connections.
 */
export type ProxyMode = "pass" | "swallow" | "refuse";

/** A proxy in this process, in front of one server. */
export interface SwallowingProxy {
  /** The URL of the server, with the proxy's host and port. */
  readonly url: string;
  readonly mode: ProxyMode;
  /** Changes what happens from now on, also to open connections. Bytes swallowed before are lost. */
  setMode(mode: ProxyMode): Promise<void>;
  /** Closes the port and all connections. Calling it again does nothing. */
  stop(): Promise<void>;
}

/**
 * Starts a proxy in mode `pass` on a free loopback port.
 *
 * @param targetUrl URL of a server, with host and port, such as a PostgreSQL or Redis URL
 */
export async function startSwallowingProxy(targetUrl: string): Promise<SwallowingProxy> {
  const { hostname, port: targetPort } = new URL(targetUrl);
  if (targetPort === "") throw new TypeError("the URL must name a port");
  // A URL puts IPv6 addresses in brackets, a socket does not.
  const host = hostname.replace(/^\[|\]$/g, "");
  const connections = new ForwardedConnections();
  const server = createServer((client) => connections.add(client, connect(Number(targetPort), host)));
  const listen = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const close = async () => {
    if (!server.listening) return connections.reset();
    const closed = once(server, "close");
    server.close();
    connections.reset();
    await closed;
  };
  const port = await listen(0);
  const url = new URL(targetUrl);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return {
    url: url.href,
    get mode() {
      return connections.mode;
    },
    async setMode(mode) {
      connections.setMode(mode);
      if (mode === "refuse") await close();
      else if (!server.listening) await listen(port);
    },
    stop: close,
  };
}

/** The connections of a proxy, in pairs: what comes in on one goes out on the other, if the mode lets it. */
class ForwardedConnections {
  private readonly partners = new Map<Socket, Socket>();
  private current: ProxyMode = "pass";

  get mode(): ProxyMode {
    return this.current;
  }

  add(client: Socket, upstream: Socket): void {
    this.forward(client, upstream);
    this.forward(upstream, client);
  }

  /** Changes the mode. After swallowing, a connection whose other end has closed meanwhile is closed as well. */
  setMode(mode: ProxyMode): void {
    this.current = mode;
    if (mode === "swallow") return;
    for (const [socket, partner] of this.partners) if (partner.destroyed) socket.destroy();
  }

  /** Ends all connections at once, so that both ends see an error. */
  reset(): void {
    for (const socket of this.partners.keys()) reset(socket);
  }

  private forward(from: Socket, to: Socket): void {
    this.partners.set(from, to);
    // An end and an error are news as well: while swallowing, the other side must not learn of them.
    const swallowing = () => this.current === "swallow";
    from.on("data", (bytes) => {
      if (!swallowing() && !to.destroyed) to.write(bytes);
    });
    from.on("end", () => {
      if (!swallowing()) to.end();
    });
    from.on("error", () => {
      if (!swallowing()) reset(to);
    });
    from.on("close", () => {
      this.partners.delete(from);
      if (!swallowing()) to.destroy();
    });
  }
}

/** Resetting a socket that is being ended leaves a handle behind that never closes, for which Node.js waits at its end. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
