import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { waitUntil } from "../process/wait-until.js";

/**
 * Sends one command to a Redis server and gives its reply: a status, a number as text, or a bulk string. Rejects when the
 * server answers with an error, closes the connection, or says nothing for 3 s.
 */
export async function redisCommand(url: string, words: readonly string[]): Promise<string> {
  const { username, password } = new URL(url);
  const user = username === "" ? [] : [decodeURIComponent(username)];
  const login = password === "" ? [] : [["AUTH", ...user, decodeURIComponent(password)]];
  const socket = open(new URL(url));
  try {
    const replies = await exchange(socket, [...login, words]);
    return replies.at(-1) as string;
  } finally {
    socket.destroy();
  }
}

function open({ protocol, hostname, port }: URL): Socket {
  const address = { host: hostname, port: Number(port || 6379) };
  return protocol === "rediss:" ? connectTls({ ...address, servername: hostname }) : connectTcp(address);
}

function exchange(socket: Socket, commands: readonly (readonly string[])[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(3_000, () => reject(new Error("Redis did not answer in 3 s")));
    socket.on("error", reject).on("close", () => reject(new Error("Redis closed the connection")));
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      try {
        const replies = parseReplies(received);
        if (replies.length >= commands.length) resolve(replies);
      } catch (error) {
        reject(error);
      }
    });
    socket.write(commands.map(encode).join(""));
  });
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

/**
 * The complete replies in what a Redis server sent so far: statuses, numbers as text, and bulk strings (empty
 * when there is no value). Throws when one is an error or of another kind.
 */
export function parseReplies(received: Buffer): string[] {
  const replies: string[] = [];
  let start = 0;
  for (;;) {
    const lineEnd = received.indexOf("\r\n", start);
    if (lineEnd === -1) return replies;
    const kind = String.fromCharCode(received[start] as number);
    const line = received.toString("utf8", start + 1, lineEnd);
    if (kind === "-") throw new Error(`Redis answered: ${line}`);
    if (kind === "+" || kind === ":") {
      replies.push(line);
      start = lineEnd + 2;
    } else if (kind === "$") {
      // -1 is the length of a value that is not there; nothing follows it.
      const end = line === "-1" ? lineEnd : lineEnd + 2 + Number(line);
      if (received.length < end + 2) return replies;
      replies.push(received.toString("utf8", lineEnd + 2, end));
      start = end + 2;
    } else throw new Error(`Redis sent a reply of the kind ${kind}, which is not expected here`);
  }
}

/**
 * Waits until a starting Redis server answers PING, and gives its version.
 *
 * @param isRunning tells when waiting is of no use any more
 * @param log gives the end of its log, for the error
 */
export async function answeringRedis(
  url: string,
  isRunning: () => boolean,
  log: () => string | Promise<string>,
): Promise<string> {
  let lastError: unknown;
  const outcome = await waitUntil(async () => {
    if (!isRunning()) return "it ended";
    // Refused until it listens, then LOADING until its data is read.
    return redisCommand(url, ["PING"]).catch((error: unknown) => {
      lastError = error;
      return undefined;
    });
  }, 120_000);
  if (outcome === "PONG") return redisVersion(url);
  throw new Error(`Redis did not start (${outcome ?? "two minutes passed"}):\n${await log()}`, { cause: lastError });
}

/** The version of a Redis server, such as `8.0.2`. Rejects when it does not answer. */
export async function redisVersion(url: string): Promise<string> {
  const info = await redisCommand(url, ["INFO", "server"]);
  return /^redis_version:(\S+)/m.exec(info)?.[1] ?? "unknown";
}
