/** One message of a stream of server-sent events. */
export interface ServerSentEvent {
  readonly event: string;
  /** Without line breaks. What a client sends back as `Last-Event-ID`. */
  readonly id?: string;
  /** JSON. */
  readonly data: unknown;
}

/** How a stream is kept open. */
export interface StreamOptions {
  /** Milliseconds between two comments that keep proxies from closing an idle stream. */
  readonly heartbeatMs: number;
  /** Milliseconds after which a client whose connection broke tries again. */
  readonly retryMs: number;
  /** Called once, when the client goes away or the stream has ended. */
  readonly onClose: () => Promise<void>;
}

/**
 * Messages as an answer of type `text/event-stream`. A message is asked for when the client has room for it, so a slow client
 * makes the source wait and nothing piles up.
 * @param messages ends by itself; an error of it must be a message
 */
export function eventStream(messages: AsyncIterable<ServerSentEvent>, options: StreamOptions): Response {
  const { heartbeatMs, retryMs, onClose } = options;
  const iterator = messages[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    clearInterval(heartbeat);
    closing ??= onClose();
    return closing;
  };
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${retryMs}\n\n`));
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(": heartbeat\n\n"));
      }, heartbeatMs);
      heartbeat.unref();
    },
    async pull(controller) {
      const next = await iterator.next();
      if (next.done !== true) {
        controller.enqueue(encoder.encode(textOf(next.value)));
        return;
      }
      await close();
      controller.close();
    },
    async cancel() {
      await close();
      await iterator.return?.();
    },
  });
  return new Response(stream, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // Proxies that gather answers would hold back events.
      "x-accel-buffering": "no",
    },
  });
}

function textOf({ event, id, data }: ServerSentEvent): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
