import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `pass` forwards everything. `hold` takes connections and bytes and forwards them when the mode changes, as when the
 * network drops packets that are sent again. `swallow` forwards nothing, in either direction, then or later. `refuse`
 * closes the port and resets the open connections.
 */
export type ProxyMode = "pass" | "hold" | "swallow" | "refuse";

/** A proxy in this process, in front of one server. */
export interface SwallowingProxy {
  /** The URL of the server, with the proxy's host and port. */
  readonly url: string;
  readonly mode: ProxyMode;
  /** Changes what happens from now on, also to open connections. Bytes swallowed before are lost. */
  setMode(mode: ProxyMode): Promise<void>;
  /** Lets everything that comes from now on take so many milliseconds more, in each direction. 0: none. */
  setDelay(ms: number): void;
  /** Connects from now on to another server, and resets the connections to the one before. */
  forwardTo(targetUrl: string): void;
  /** Closes the port and all connections. Calling it again does nothing. */
  stop(): Promise<void>;
}

/**
 * Starts a proxy in mode `pass` on a free loopback port.
 *
 * @param targetUrl URL of a server, with host and port, such as a PostgreSQL or Redis URL
 */
export async function startSwallowingProxy(targetUrl: string): Promise<SwallowingProxy> {
  let target = targetOf(targetUrl);
  const connections = new ForwardedConnections();
  const server = createServer((client) => connections.add(client, connect(target.port, target.host)));
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
    setDelay(ms) {
      connections.delayMs = ms;
    },
    forwardTo(url) {
      target = targetOf(url);
      connections.reset();
    },
    stop: close,
  };
}

function targetOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  if (port === "") throw new TypeError("the URL must name a port");
  // A URL puts IPv6 addresses in brackets, a socket does not.
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** The connections of a proxy, in pairs: what comes in on one goes out on the other, if the mode lets it. */
class ForwardedConnections {
  private readonly partners = new Map<Socket, Socket>();
  private current: ProxyMode = "pass";
  /** While holding. */
  private held: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  delayMs = 0;

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
    if (mode === "hold") this.held ??= hold();
    else {
      this.held?.end();
      this.held = undefined;
    }
    if (mode === "swallow" || mode === "hold") return;
    for (const [socket, partner] of this.partners) if (partner.destroyed) socket.destroy();
  }

  /** Ends all connections at once, so that both ends see an error. */
  reset(): void {
    for (const socket of this.partners.keys()) reset(socket);
  }

  private forward(from: Socket, to: Socket): void {
    this.partners.set(from, to);
    const later = this.queue();
    // An end and an error are news as well: while swallowing, the other side must not learn of them.
    const swallowing = () => this.current === "swallow";
    from.on("data", (bytes) => {
      if (!swallowing()) later(() => to.destroyed || to.write(bytes));
    });
    from.on("end", () => {
      if (!swallowing()) later(() => to.end());
    });
    from.on("error", () => {
      if (!swallowing()) later(() => reset(to));
    });
    from.on("close", () => {
      this.partners.delete(from);
      if (!swallowing()) later(() => to.destroy());
    });
  }

  /** For one direction: does things at once or, while they are delayed or held, later, and always in order. */
  private queue(): (work: () => unknown) => void {
    let waiting = 0;
    let last = Promise.resolve();
    return (work) => {
      const { delayMs } = this;
      if (waiting === 0 && delayMs === 0 && this.held === undefined) {
        work();
        return;
      }
      const over = delayMs === 0 ? undefined : sleep(delayMs);
      const before = last;
      waiting++;
      last = (async () => {
        await before;
        await over;
        await this.held?.over;
        work();
        waiting--;
      })();
    };
  }
}

function hold(): { over: Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}

/** Resetting a socket that is being ended leaves a handle behind that never closes, for which Node.js waits at its end. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
