/** Requests with `Expect: 100-continue`: their clients send the body once it is asked for. */
const awaited = new WeakMap<Request, () => void>();

/** @param ask tells the client to send the body */
export function expectBody(request: Request, ask: () => void): void {
  awaited.set(request, ask);
}

/** Asks for the body of a request whose client waits to be asked, once. What refuses the request comes before. */
export function askForBody(request: Request): void {
  awaited.get(request)?.();
  awaited.delete(request);
}
