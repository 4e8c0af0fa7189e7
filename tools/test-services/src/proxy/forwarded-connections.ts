import type { Socket } from "node:net";

/**
 * `pass` forwards everything. `swallow` takes connections and bytes and forwards nothing, in either direction, as when
 * the network drops packets. `refuse` closes the port and resets the open connections.
 */
export type ProxyMode = "pass" | "swallow" | "refuse";

/** The connections of a proxy, in pairs: what comes in on one goes out on the other, if the mode lets it. */
export class ForwardedConnections {
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
    for (const socket of this.partners.keys()) socket.resetAndDestroy();
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
      if (!swallowing()) to.resetAndDestroy();
    });
    from.on("close", () => {
      this.partners.delete(from);
      if (!swallowing()) to.destroy();
    });
  }
}
