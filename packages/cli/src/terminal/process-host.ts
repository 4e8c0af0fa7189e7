import { EXIT } from "../exit.js";
import { type Host, StopRequest } from "./host.js";

/** After this long an interrupted command is ended, whatever it still waits for. */
const INTERRUPT_GRACE_MS = 5000;
/** The same for one that stops between two steps: as long as a statement may take, and a little more. */
const STEP_GRACE_MS = 45_000;

/** This process as a host; it listens for signals from now on. */
export interface ProcessHost extends Host {
  /** Ends the process with this code; by itself, when nothing is left that would keep it alive. */
  end(exitCode: number): Promise<void>;
}

/** The first Ctrl-C or SIGTERM asks the command to stop, the second one ends the process. */
export function createProcessHost(): ProcessHost {
  const controller = new AbortController();
  let graceMs = INTERRUPT_GRACE_MS;
  let leftOpen = false;
  const interrupt = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    setTimeout(() => process.exit(EXIT.interrupted), graceMs).unref();
    controller.abort(new StopRequest(name === "SIGTERM" ? "SIGTERM" : "SIGINT"));
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return {
    // Node.js opens each stream when it is first asked for it, and few commands need all three.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
    onReload(listener) {
      process.on("SIGHUP", listener);
      return () => void process.off("SIGHUP", listener);
    },
    onSteps: () => {
      graceMs = STEP_GRACE_MS;
    },
    onLeftOpen: () => {
      leftOpen = true;
    },
    async end(exitCode) {
      process.exitCode = exitCode;
      // An interrupted command may still have work under way that cannot be stopped.
      if (controller.signal.aborted) process.exit();
      if (leftOpen) {
        await Promise.all([process.stdout, process.stderr].map(written));
        process.exit();
      }
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    },
  };
}

/** Resolves when all that was written has been handed to the system. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}
