import type { ChildProcess } from "node:child_process";
import type { RunResult, Sandbox } from "./run-aasm.js";

/** A daemon whose lines can be waited for. */
export interface Daemon {
  readonly child: ChildProcess;
  /** Resolves with what matched when it is on stdout, behind what was waited for before. */
  line(pattern: RegExp): Promise<string>;
  /** Resolves when the process has ended. */
  readonly ended: Promise<RunResult>;
}

/** Starts the built command as a process of its own. */
export function start(sandbox: Sandbox, args: readonly string[]): Daemon {
  let text = "";
  let at = 0;
  let wake = (): void => undefined;
  let child: ChildProcess | undefined;
  const ended = sandbox.spawn(args, {
    onStart(started) {
      child = started;
      started.stdout?.on("data", (chunk: string) => {
        text += chunk;
        wake();
      });
    },
  });
  let over = false;
  void ended.finally(() => {
    over = true;
    wake();
  });
  if (child === undefined) throw new Error("the process was not started");
  return {
    child,
    ended,
    async line(pattern) {
      for (;;) {
        const match = pattern.exec(text.slice(at));
        if (match !== null) {
          at += match.index + match[0].length;
          return match[0];
        }
        if (over) throw new Error(`ended without ${pattern}:\n${text}${(await ended).stderr}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
