import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";

/** Of the driver's own options, what concerns the socket. */
export interface SocketTarget {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** A unix socket instead of host and port. */
  readonly path?: string | false | undefined;
}

/**
 * A connected socket without Nagle's algorithm: a COPY ends with a small packet, which would wait 40 ms for the
 * acknowledgement of the large one before it. Of several hosts the first that answers is taken.
 * @param timeoutMs for each host
 */
export async function openSocket(target: SocketTarget, timeoutMs: number): Promise<Socket> {
  if (typeof target.path === "string") return connected(connectTcp({ path: target.path }), timeoutMs);
  let failure: unknown;
  for (const [i, host] of target.host.entries()) {
    const port = target.port[i] ?? target.port[0] ?? 5432;
    try {
      const socket = await connected(connectTcp({ host, port, noDelay: true, keepAlive: true }), timeoutMs);
      // The driver takes the name for TLS from here.
      return Object.assign(socket, { host, port });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function connected(socket: Socket, timeoutMs: number): Promise<Socket> {
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(timeoutMs) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error instanceof Error && error.name === "AbortError"
      ? Object.assign(new Error("connecting took too long"), { code: "CONNECT_TIMEOUT" })
      : error;
  }
}
