import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import type { ServerAddress } from "../../connection/target.js";
import type { TlsPlan } from "../../connection/tls.js";

/**
 * A connected socket to one server, with TLS where that is asked for. The driver's own TLS would check the certificate of a
 * server that is named by its address against the name `localhost`, and goes on as if a server without TLS had agreed to it.
 * Without Nagle's algorithm: a COPY ends with a small packet, which would wait 40 ms for the acknowledgement of the large one
 * before it.
 */
export async function openSocket(server: ServerAddress, tls: TlsPlan, timeoutMs: number): Promise<Socket> {
  const { host, address = host, port } = server;
  const signal = AbortSignal.timeout(timeoutMs);
  if (host.startsWith("/")) return answered(connectTcp({ path: join(host, `.s.PGSQL.${port}`) }), "connect", signal);
  const socket = await answered(connectTcp({ host: address, port, noDelay: true, keepAlive: true }), "connect", signal);
  if (tls.use === "off") return socket;
  if (!tls.direct && !(await agreesToTls(socket, signal))) {
    if (tls.use === "prefer") return socket;
    socket.destroy();
    throw Object.assign(new Error("the server has no TLS"), { code: "TLS_REFUSED" });
  }
  const secure = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(tls.direct && { ALPNProtocols: ["postgresql"] }),
    ...tls.options,
  });
  return answered(secure, "secureConnect", signal);
}

/** Length 8, code 80877103. */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const YES = "S".charCodeAt(0);

async function agreesToTls(socket: Socket, signal: AbortSignal): Promise<boolean> {
  const answer = once(socket, "data", { signal }).catch(rejected(socket));
  const ended = once(socket, "end", { signal }).then(() => {
    throw Object.assign(new Error("the server closed the connection"), { code: "ECONNRESET" });
  });
  ended.catch(() => undefined);
  socket.write(TLS_REQUEST);
  const [bytes] = (await Promise.race([answer, ended])) as [Buffer];
  if (bytes.length === 1) return bytes[0] === YES;
  // What follows in the clear may be another's.
  socket.destroy();
  throw Object.assign(new Error("the server answered more than was asked for"), { code: "TLS_REFUSED" });
}

async function answered<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  await once(socket, event, { signal }).catch(rejected(socket));
  return socket;
}

function rejected(socket: Socket): (error: unknown) => never {
  return (error) => {
    socket.destroy();
    throw error instanceof Error && error.name === "AbortError"
      ? Object.assign(new Error("connecting took too long"), { code: "CONNECT_TIMEOUT" })
      : error;
  };
}
