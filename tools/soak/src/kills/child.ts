import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Stage, Turn } from "./messages.js";

const PROGRAM = fileURLToPath(new URL("../../dist/kills/writer.js", import.meta.url));
/** Characters of standard error that are kept. */
const KEPT = 2000;

/** A writer, started before its turn so that loading its modules takes no time of the round. */
export class Writer {
  readonly #child: ChildProcess;
  readonly #reached = new Set<Stage>();
  readonly #ended: Promise<unknown>;
  #stage: Stage | undefined;
  #stderr = "";
  #changed: () => void = () => undefined;

  constructor() {
    this.#child = fork(PROGRAM, [], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#ended = once(this.#child, "close");
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT);
    });
    this.#child.on("message", (stage: Stage) => {
      this.#stage = stage;
      this.#reached.add(stage);
      this.#changed();
    });
    this.#child.on("exit", () => this.#changed());
  }

  /** Lets it work, and kills it so many milliseconds after it has begun what it is to be killed at. */
  async workAndDie(turn: Turn, killAt: Stage, afterMs: number): Promise<{ stage: Stage; problem: string | undefined }> {
    await this.#reach("ready");
    if (this.#child.connected) this.#child.send(turn);
    await this.#reach(killAt);
    await sleep(afterMs);
    const problem = this.#isGone ? `a writer ended by itself (${this.#child.exitCode}): ${this.#stderr}` : undefined;
    await this.kill();
    return { stage: this.#stage ?? "ready", problem };
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  get #isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #reach(stage: Stage): Promise<void> {
    while (!this.#reached.has(stage) && !this.#isGone) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}
