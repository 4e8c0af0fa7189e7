import type { Socket } from "node:net";

/**
 * The sockets of a client. While nothing is asked of it they do not keep the process alive, so that a program that forgets
 * to close its store ends when its work is done.
 */
export class IdleSockets {
  readonly #sockets = new Set<Socket>();
  #isUsed = false;

  add(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    this.#apply(socket);
    return socket;
  }

  /** Something waits for an answer: the process lives until it is there. */
  use(): void {
    this.#set(true);
  }

  /** Nothing waits any more. */
  rest(): void {
    this.#set(false);
  }

  #set(isUsed: boolean): void {
    if (this.#isUsed === isUsed) return;
    this.#isUsed = isUsed;
    for (const socket of this.#sockets) this.#apply(socket);
  }

  #apply(socket: Socket): void {
    if (this.#isUsed) socket.ref();
    else socket.unref();
  }
}
