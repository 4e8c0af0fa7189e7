import type { Socket } from "node:net";

/*
 * postgres.js connects again, for ever and without a word to its callers, after a server that closed a connection before it
 * said anything: a proxy or balancer whose own server is down does that.
 */

/** Makes sockets; after one that was closed before a byte came, the next attempt fails, and with it what waits for it. */
export function noticeSilentClose(open: () => Promise<Socket>): () => Promise<Socket> {
  let closedSilently = false;
  return async () => {
    if (closedSilently) {
      closedSilently = false;
      throw Object.assign(new Error("the server closed the connection before it answered"), { code: "ECONNRESET" });
    }
    const socket = await open();
    const ended = (): void => {
      closedSilently = socket.bytesRead === 0;
    };
    // By the server: a socket that is given up here emits neither.
    socket.once("end", ended).once("error", ended);
    return socket;
  };
}
