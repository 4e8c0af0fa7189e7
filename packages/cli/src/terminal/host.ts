import type { Readable, Writable } from "node:stream";

/** What a command line runs in: streams, environment, folder, and how it is asked to stop. */
export interface Host {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };
  readonly stderr: Host["stdout"];
  readonly env: NodeJS.ProcessEnv;
  /** Where relative paths start: an absolute path. */
  readonly cwd: string;
  /** Aborted when the command is to stop. With a {@link StopRequest} as its reason, the user or the system asked for it. */
  readonly signal: AbortSignal;
  /** Calls back when the configuration is to be read again, such as on SIGHUP. @returns an unsubscribe function */
  readonly onReload?: (listener: () => void) => () => void;
  /** The command stops between two steps only: allow as long as one step may take. */
  readonly onSteps?: () => void;
  /** The command is done, and a store is still closing that nothing waits for. */
  readonly onLeftOpen?: () => void;
}

/** The reason of an abort that the user or the system asked for. */
export class StopRequest extends Error {
  override readonly name = "StopRequest";

  constructor(readonly by: "SIGINT" | "SIGTERM") {
    super(`the process was asked to stop by ${by}`);
  }
}
