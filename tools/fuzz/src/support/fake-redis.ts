import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What a server may answer: an error, a status, or a value. */
export type Reply = { readonly error: string } | { readonly status: string } | { readonly value: unknown };

/** A server that shakes hands as Redis 7 does, and then answers every script and TIME with what it was told. */
export interface FakeRedis extends AsyncDisposable {
  readonly url: string;
  /** The next answers, in turn and over again. */
  replies: readonly Reply[];
}

export async function startFakeRedis(): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  let answered = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on("data", (data) => {
      pending = Buffer.concat([pending, data]);
      for (let read = readCommand(pending); read !== undefined; read = readCommand(pending)) {
        pending = pending.subarray(read.length);
        socket.write(answerTo(read.command));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const fake: FakeRedis = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    replies: [{ value: null }],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return fake;

  function answerTo([name = "", ...args]: readonly string[]): string {
    switch (name.toUpperCase()) {
      case "HELLO":
        return encodeMap([
          "server",
          "redis",
          "version",
          "7.2.0",
          "proto",
          3,
          "id",
          1,
          "mode",
          "standalone",
          "role",
          "master",
        ]);
      case "INFO":
        return encode({ value: "# Server\r\nredis_version:7.2.0\r\n" });
      case "PING":
        return encode({ status: "PONG" });
      case "SUBSCRIBE":
        return args.map((channel, n) => `>3\r\n${bulk("subscribe")}${bulk(channel)}:${n + 1}\r\n`).join("");
      case "EVAL":
      case "EVALSHA":
      case "TIME":
      case "ZREM":
        return encode(fake.replies[answered++ % fake.replies.length] as Reply);
      default:
        return encode({ status: "OK" });
    }
  }
}

/** @returns the first command of the bytes; `undefined` while it is incomplete */
function readCommand(bytes: Buffer): { readonly command: string[]; readonly length: number } | undefined {
  let at = 0;
  const line = (): string | undefined => {
    const end = bytes.indexOf("\r\n", at);
    if (end === -1) return undefined;
    const text = bytes.toString("utf8", at, end);
    at = end + 2;
    return text;
  };
  const count = Number(line()?.slice(1));
  const command: string[] = [];
  for (let n = 0; n < count; n++) {
    const size = Number(line()?.slice(1));
    if (!(at + size + 2 <= bytes.length)) return undefined;
    command.push(bytes.toString("utf8", at, at + size));
    at += size + 2;
  }
  return count >= 0 ? { command, length: at } : undefined;
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function encodeMap(entries: readonly unknown[]): string {
  return `%${entries.length / 2}\r\n${entries.map((value) => encode({ value })).join("")}`;
}

function encode(reply: Reply): string {
  if ("error" in reply) return `-${reply.error.replace(/[\r\n]/g, " ")}\r\n`;
  if ("status" in reply) return `+${reply.status}\r\n`;
  const { value } = reply;
  if (value === null || value === undefined) return "_\r\n";
  if (typeof value === "boolean") return value ? "#t\r\n" : "#f\r\n";
  if (typeof value === "number") return Number.isSafeInteger(value) ? `:${value}\r\n` : `,${double(value)}\r\n`;
  if (Array.isArray(value)) return `*${value.length}\r\n${value.map((one) => encode({ value: one })).join("")}`;
  return bulk(String(value));
}

function double(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return Number.isFinite(value) ? String(value) : value > 0 ? "inf" : "-inf";
}
