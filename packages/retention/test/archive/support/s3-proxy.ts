import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What to do with a request: `undefined` passes it on. */
export type Fault =
  | { readonly status: number; readonly body?: string }
  /** Takes the request and never answers. */
  | "hang"
  /** Answers, but stops half-way through the body, the connection left open. */
  | "stall"
  /** Breaks the connection half-way through the body of the answer. */
  | "break"
  /** Answers with half of the body as if that were all. */
  | "halve"
  /** Flips a bit of the answer's body. */
  | "flip";

export interface S3Proxy {
  readonly endpoint: string;
  /** Such as `PUT /bucket/key?partNumber=1`, in the order they came. */
  readonly requests: string[];
  /** Decides on each request from now on. */
  fault: (request: string) => Fault | undefined;
  /** Called when a request gets no answer (`hang`), or no more of it (`stall`). */
  onSilence: (fault: "hang" | "stall") => void;
}

/** A proxy in front of an S3 server that misbehaves on demand; it is gone after the test. */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${decodeURIComponent(incoming.url ?? "")}`;
    proxy.requests.push(line);
    const fault = proxy.fault(line);
    if (fault === "hang") {
      proxy.onSilence(fault);
      return;
    }
    if (typeof fault === "object") {
      incoming.resume();
      outgoing.writeHead(fault.status, { "content-type": "application/xml" }).end(fault.body ?? "");
      return;
    }
    forward(target, incoming, outgoing, { fault, onSilence: () => proxy.onSilence("stall") });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    fault: () => undefined,
    onSilence: () => undefined,
  };
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return proxy;
}

interface Misbehaviour {
  readonly fault: Fault | undefined;
  readonly onSilence: () => void;
}

function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, how: Misbehaviour): void {
  // The host header stays: it is signed.
  const upstream = request(
    `${target}${incoming.url}`,
    { method: incoming.method, headers: incoming.headers, setHost: false },
    (answer) => void reply(answer, outgoing, how),
  );
  upstream.on("error", () => outgoing.destroy());
  incoming.pipe(upstream);
}

async function reply(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  { fault, onSilence }: Misbehaviour,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const half = body.subarray(0, body.length >> 1);
  const headers = { ...answer.headers };
  delete headers["transfer-encoding"];
  if (fault === "halve") headers["content-length"] = String(half.length);
  outgoing.writeHead(answer.statusCode ?? 500, headers);
  if (fault === "stall") outgoing.write(half, onSilence);
  else if (fault === "break") outgoing.write(half, () => outgoing.destroy());
  else if (fault === "halve") outgoing.end(half);
  else {
    if (fault === "flip") body[body.length >> 1] = (body[body.length >> 1] as number) ^ 1;
    outgoing.end(body);
  }
}
