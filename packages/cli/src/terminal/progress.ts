import type { Output } from "./output.js";

const WIDTH = 24;
const INTERVAL_MS = 100;

/** A one-line progress bar on stderr; shows nothing where stderr is no terminal. */
export class Progress {
  #lastAt = 0;
  #shown = false;

  constructor(
    private readonly output: Output,
    private readonly enabled: boolean,
    private readonly label: string,
  ) {}

  /** @param total `undefined` when the end is not known */
  async update(done: number, total: number | undefined, note: string): Promise<void> {
    if (!this.enabled) return;
    const now = Date.now();
    if (now - this.#lastAt < INTERVAL_MS) return;
    this.#lastAt = now;
    this.#shown = true;
    await this.output.write(`\r\u001b[K${this.label} ${bar(done, total)}${note}`);
  }

  async finish(): Promise<void> {
    if (this.#shown) await this.output.write("\r\u001b[K");
    this.#shown = false;
  }
}

function bar(done: number, total: number | undefined): string {
  if (total === undefined || total <= 0) return "";
  const part = Math.min(1, done / total);
  const full = Math.round(part * WIDTH);
  return `[${"=".repeat(full)}${" ".repeat(WIDTH - full)}] ${String(Math.floor(part * 100)).padStart(3)}% `;
}
