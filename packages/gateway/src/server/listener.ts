import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { expectBody } from "../http/expected-body.js";
import { problem, problemResponse } from "../http/problem.js";

/** Answers the requests of a server of Node, whose options it does not change. */
export interface ServerListener {
  readonly request: RequestListener;
  /** For `checkContinue`: the body is asked for when it is about to be read, and not before the request was let in. */
  readonly checkContinue: RequestListener;
}

/**
 * Answers requests of Node's server.
 * @param onError told of an answer that failed half-way
 */
export function listenerOf(
  fetch: (request: Request) => Promise<Response>,
  onError: ((error: unknown) => void) | undefined,
): ServerListener {
  const waiting = new WeakSet<IncomingMessage>();
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const answer = outgoing as ServerResponse;
      if (waiting.has(incoming as IncomingMessage)) expectBody(request, () => answer.writeContinue());
      return cutOnFailure(await fetch(request), answer, onError);
    },
    {
      // Other code of the process has its Request and Response as they are.
      overrideGlobalObjects: false,
      // Reached for what is no request at all, such as an invalid Host.
      errorHandler: () => problemResponse(problem("invalid_argument", "the request is malformed").problem),
    },
  );
  const request: RequestListener = (incoming, outgoing) => void listener(incoming, outgoing);
  return {
    request,
    checkContinue(incoming, outgoing) {
      waiting.add(incoming);
      request(incoming, outgoing);
    },
  };
}

/**
 * A body that fails half-way ends the connection, so that no client takes what it has for the whole. The adapter would
 * end it as if it were complete, with the text of the error.
 */
function cutOnFailure(
  response: Response,
  outgoing: ServerResponse,
  onError: ((error: unknown) => void) | undefined,
): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          // A client is not told why.
          onError?.(error);
          outgoing.destroy();
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
}
