import { Duplex } from "node:stream";

/*
 * postgres.js keeps a connection for ever in the state "connecting" when the function that makes its sockets rejects, and
 * never uses it again. A pool of 20 hangs after 20 attempts. It recovers from a socket that fails.
 */

/** A socket that fails at the first byte that is sent, for one that could not be opened. */
export function failedSocket(error: unknown): Duplex {
  const failure = error instanceof Error ? error : new Error(String(error));
  return new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(failure),
  });
}
