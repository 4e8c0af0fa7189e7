import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a request brings. */
export interface Request {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

/** Runs a real server on loopback; without an answer of `handle`, none is given. */
export async function withServer(
  handle: (request: Request) => Promise<Reply | undefined> | Reply | undefined,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const server = createServer(async (incoming, response) => {
    try {
      const parts: Buffer[] = [];
      for await (const part of incoming) parts.push(part as Buffer);
      const { method = "", url = "", headers } = incoming;
      const reply = await handle({ method, url, headers, body: Buffer.concat(parts) });
      if (reply === undefined) return;
      response.writeHead(reply.status ?? 200, reply.headers);
      response.end(reply.body);
    } catch (error) {
      failures.push(error);
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  if (failures.length > 0) throw failures[0];
}

/** A port at which nothing listens. */
export async function deadUrl(): Promise<string> {
  let dead = "";
  await withServer(
    () => undefined,
    async (url) => {
      dead = url;
    },
  );
  return dead;
}
