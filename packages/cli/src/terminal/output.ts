import type { Writable } from "node:stream";

/** The reader of our output went away (`aasm … | head`): stop quietly. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

/** @param error what the stream said, such as that the disk is full */
export function cannotWrite(error: NodeJS.ErrnoException): Error {
  const reason = error.message.replace(/^\w+: /, "").replace(/, write$/, "");
  return Object.assign(new Error(`the output cannot be written: ${reason}`, { cause: error }), { code: error.code });
}

/** A stream, mostly of text, that waits for a slow reader and survives one that leaves. */
export class Output {
  #failure: Error | undefined;

  /** @param onFailure called once, with a {@link BrokenPipe} when the reader has gone */
  constructor(
    private readonly stream: Writable,
    onFailure: (failure: Error) => void,
  ) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#failure !== undefined) return;
      // Windows reports a closed pipe as EOF.
      const gone = error.code === "EPIPE" || error.code === "EOF" || error.code === "ERR_STREAM_DESTROYED";
      this.#failure = gone ? new BrokenPipe() : cannotWrite(error);
      onFailure(this.#failure);
    });
  }

  /**
   * Writes text, or bytes that do not change afterwards; resolves when there is room for more.
   * @throws {@link BrokenPipe} when the reader has gone, or the stream's own error
   */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.stream.write(data)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        this.stream.off("drain", settle).off("close", settle).off("error", settle);
        if (this.#failure !== undefined) reject(this.#failure);
        else if (this.stream.destroyed) reject(new BrokenPipe());
        else resolve();
      };
      this.stream.on("drain", settle).on("close", settle).on("error", settle);
    });
  }

  /**
   * Resolves when all that was written has been handed to the system.
   * @throws {@link BrokenPipe} when the reader has gone, or the stream's own error
   */
  async flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve) => this.stream.write("", () => resolve()));
    if (this.#failure !== undefined) throw this.#failure;
  }

  async line(text = ""): Promise<void> {
    await this.write(`${text}\n`);
  }
}
