import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("server.js", import.meta.url));

/** What a gateway says of the time since it was asked before. */
export interface Served {
  /** What 99 of 100 of its samples of the event loop's delay do not exceed. */
  readonly delayMs: number;
}

/** A gateway over a file, in a process of its own, without tokens. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  served(): Promise<Served>;
}

export async function startGateway(path: string): Promise<GatewayProcess> {
  const child = fork(PROGRAM, [path]);
  const next = async <T>(): Promise<T> => ((await once(child, "message")) as [T])[0];
  const { url } = await next<{ url: string }>();
  return {
    url,
    served() {
      const answer = next<Served>();
      child.send("served");
      return answer;
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}
