import type { Context, GlobalOptions } from "./context.js";
import { EXIT, type ExitCode } from "./exit.js";
import { BrokenPipe } from "./io/broken-pipe.js";
import { confirm } from "./io/confirm.js";
import { Output } from "./io/output.js";
import { createStyle, wantsColor } from "./io/style.js";
import { wantsUnicode } from "./io/unicode.js";
import { loadCommandConfig, type StoreHooks, useStorage } from "./store-access.js";

/** The process's streams and signals. */
export interface Terminal extends StoreHooks {
  readonly out: Output;
  readonly err: Output;
  interrupted(): boolean;
  brokenPipe(): boolean;
  /** Whether something is still under way that the process need not wait for. */
  leftOpen(): boolean;
  /** Resolves when all that was written has been handed to the system. */
  flush(): Promise<void>;
  /** Of an interrupted process. */
  exitCode(): ExitCode;
  endsBySigterm(): void;
  stop(): void;
}

/** After this long an interrupted command is ended, whatever it still waits for. */
const INTERRUPT_GRACE_MS = 5000;
/** The same for one that ends between two steps: as long as a statement may take, and a little more. */
const STEP_GRACE_MS = 45_000;

/** Starts listening: the first Ctrl-C asks the command to stop, the second one ends the process. */
export function watchTerminal(): Terminal {
  const controller = new AbortController();
  let interrupted = false;
  let leftOpen = false;
  let graceMs = INTERRUPT_GRACE_MS;
  let sigtermCode: ExitCode = EXIT.interrupted;
  let exitCode: ExitCode = EXIT.interrupted;
  const interrupt = (name: NodeJS.Signals): void => {
    if (interrupted) process.exit(EXIT.interrupted);
    interrupted = true;
    if (name === "SIGTERM") exitCode = sigtermCode;
    setTimeout(() => process.exit(EXIT.interrupted), graceMs).unref();
    controller.abort(new Error(`the process was asked to stop by ${name}`));
  };
  const failed = (failure: Error): void => {
    if (!(failure instanceof BrokenPipe)) process.exitCode = EXIT.problem;
    controller.abort(failure);
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return {
    out: new Output(process.stdout, failed),
    err: new Output(process.stderr, () => undefined),
    signal: controller.signal,
    interrupted: () => interrupted,
    exitCode: () => exitCode,
    endsBySigterm: () => {
      sigtermCode = EXIT.ok;
    },
    onSteps: () => {
      graceMs = STEP_GRACE_MS;
    },
    onLeftOpen: () => {
      leftOpen = true;
    },
    leftOpen: () => leftOpen,
    async flush() {
      await Promise.all(
        [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
      );
    },
    brokenPipe: () => controller.signal.reason instanceof BrokenPipe,
    stop: () => void process.off("SIGINT", interrupt).off("SIGTERM", interrupt),
  };
}

export function createContext(terminal: Terminal, global: GlobalOptions): Context {
  const isTty = process.stdout.isTTY === true;
  const columns = Number(process.env.COLUMNS);
  const fixedWidth = Number.isInteger(columns) && columns > 0 ? columns : undefined;
  const loadConfig: Context["loadConfig"] = (flags) => loadCommandConfig(global, flags);
  return {
    global,
    out: terminal.out,
    err: terminal.err,
    json: global.json === true,
    style: createStyle(wantsColor(isTty, global.color !== false, process.env)),
    width: isTty ? process.stdout.columns || fixedWidth || 80 : fixedWidth,
    unicode: wantsUnicode(process.env),
    showProgress: process.stderr.isTTY === true && global.json !== true,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true && global.json !== true,
    signal: terminal.signal,
    now: Date.now,
    loadConfig,
    confirm: (question) => confirm(question, { input: process.stdin, output: process.stderr, signal: terminal.signal }),
    endsBySigterm: terminal.endsBySigterm,
    onHangup(listener) {
      process.on("SIGHUP", listener);
      return () => void process.off("SIGHUP", listener);
    },
    withStorage: async (use, options) => useStorage(await loadConfig(options?.flags), terminal, use, options),
  };
}
