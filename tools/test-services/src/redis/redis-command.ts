import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseReplies } from "./parse-replies.js";

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
