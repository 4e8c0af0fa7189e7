import { EXIT, type ExitCode } from "../exit.js";
import type { Host, StopRequest } from "./host.js";
import { BrokenPipe, Output } from "./output.js";

/** One command line at work: where it writes, and when it has to stop. */
export class Session {
  readonly out: Output;
  /** Aborted when the host asks to stop, and when stdout fails: its reader has gone, or the disk behind it is full. */
  readonly signal: AbortSignal;
  readonly #outputFailed = new AbortController();
  #err: Output | undefined;
  #sigtermCode: ExitCode = EXIT.interrupted;

  constructor(readonly host: Host) {
    this.signal = AbortSignal.any([host.signal, this.#outputFailed.signal]);
    this.out = new Output(host.stdout, (failure) => this.#outputFailed.abort(failure));
  }

  get err(): Output {
    this.#err ??= new Output(this.host.stderr, () => undefined);
    return this.#err;
  }

  get brokenPipe(): boolean {
    return this.#outputFailed.signal.reason instanceof BrokenPipe;
  }

  /** From now on SIGTERM is how the command ends, and no failure. */
  endsBySigterm(): void {
    this.#sigtermCode = EXIT.ok;
  }

  exitCodeOf({ by }: StopRequest): ExitCode {
    return by === "SIGTERM" ? this.#sigtermCode : EXIT.interrupted;
  }
}
