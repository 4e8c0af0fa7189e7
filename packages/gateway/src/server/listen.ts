import { readFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { StorageError } from "@agent-assembly/storage";
import type { ServerListener } from "./listener.js";
import type { TlsFiles } from "./options.js";

/** Bounds of connections: what sends nothing, or sends slowly, is cut off. */
const LIMITS = {
  /** Bytes. */
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  /** With the body. */
  requestTimeout: 60_000,
  keepAliveTimeout: 20_000,
  /** How often the ones above are looked at. */
  connectionsCheckingInterval: 1000,
} as const;

const MAX_CONNECTIONS = 1000;

/** Where to listen, and how. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  /** The option that names the port, in errors. */
  readonly option: string;
}

/** A server that accepts connections. @throws `conflict`, `permission_denied`, `invalid_argument` */
export async function listen(answer: ServerListener, { host, port, tls, option }: ListenOptions): Promise<Server> {
  const server = tls === undefined ? createServer(LIMITS, answer.request) : await tlsServer(answer.request, tls);
  server.on("checkContinue", answer.checkContinue);
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(toListenError(error, { host, port, option })));
    server.listen(port, host, resolve);
  });
  return server;
}

/** The address of a server for people and programs of this machine. */
export function urlOf(server: Server, scheme: "http" | "https"): string {
  const { address, port, family } = server.address() as AddressInfo;
  const isAny = address === "0.0.0.0" || address === "::";
  const name = isAny ? "127.0.0.1" : family === "IPv6" ? `[${address}]` : address;
  return `${scheme}://${name}:${port}`;
}

async function tlsServer(answer: RequestListener, { certFile, keyFile }: TlsFiles): Promise<Server> {
  const [cert, key] = await Promise.all([
    readPem("options.tls.certFile", certFile),
    readPem("options.tls.keyFile", keyFile),
  ]);
  try {
    return createTlsServer({ ...LIMITS, cert, key }, answer);
  } catch (cause) {
    throw new StorageError({
      code: "invalid_argument",
      option: "options.tls",
      message: "{option} names no certificate with the key that belongs to it, both in PEM",
      remedy: "Give the certificate, followed by those of its issuers, and its key without a passphrase.",
      cause,
    });
  }
}

async function readPem(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new StorageError({
      code: code === "EACCES" ? "permission_denied" : "invalid_argument",
      option,
      location: { kind: "file", place: path },
      message:
        code === "ENOENT" ? "{option} names a file that is not there" : "{option} names a file that cannot be read",
      cause,
    });
  }
}

function toListenError(error: Error, { host, port, option }: Omit<ListenOptions, "tls">): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return new StorageError({
        code: "conflict",
        option,
        message: `{option} is ${port}, on which another program of this machine listens`,
        remedy: "Stop it, or choose another port.",
        cause: error,
      });
    case "EACCES":
      return new StorageError({
        code: "permission_denied",
        option,
        message: `{option} is ${port}, on which this user may not listen`,
        remedy: "Choose one from 1024 to 65535.",
        cause: error,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EINVAL":
      return new StorageError({
        code: "invalid_argument",
        option: "options.host",
        message: `{option} is no address of this machine, got a text of ${host.length} characters`,
        remedy: "Give 127.0.0.1, 0.0.0.0 or an address of a network interface.",
        cause: error,
      });
    default:
      return error;
  }
}
