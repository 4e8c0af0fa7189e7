import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";

/** Of the driver's own options, what concerns the socket. */
export interface SocketTarget {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** A unix socket instead of host and port. */
  readonly path?: string | false | undefined;
  /** Whether to ask for TLS, and how strictly. */
  readonly ssl?: unknown;
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
      failWithoutTls(socket, target.ssl);
      // The driver takes the name for TLS from here.
      return Object.assign(socket, { host, port });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** What a server without TLS answers when it is asked for it. */
const NO = "N".charCodeAt(0);

/**
 * The driver itself goes on as if the server had agreed, and then hears of a lost connection. Here the refusal is kept from
 * what waits for the answer; the end of the socket is all it learns of.
 */
function failWithoutTls(socket: Socket, ssl: unknown): void {
  if (ssl === undefined || ssl === false || ssl === "prefer") return;
  const listen = socket.once.bind(socket) as (event: string, listener: (answer: Buffer) => void) => Socket;
  const once = (event: string, listener: (answer: Buffer) => void): Socket => {
    if (event !== "data") return listen(event, listener);
    Object.assign(socket, { once: listen });
    return listen(event, (answer) => {
      if (answer[0] !== NO) listener(answer);
      else socket.destroy(Object.assign(new Error("the server has no TLS"), { code: "TLS_REFUSED" }));
    });
  };
  Object.assign(socket, { once });
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
