import { type ExportFolder, UnreadableFile } from "./export-folder.js";

/** The lines of a file one at a time, with a look at the next one. */
export class LineReader<Line extends { readonly at: number }> implements AsyncDisposable {
  readonly #batches: AsyncGenerator<string[]>;
  #batch: readonly string[] = [];
  #at = 0;
  #isEnded = false;
  #next: Line | undefined;

  /** @param parse a line; `undefined` for one that is to be left out */
  constructor(
    folder: ExportFolder,
    path: string,
    maxBytes: number,
    private readonly parse: (text: string) => Line | undefined,
  ) {
    this.#batches = folder.lines(path, maxBytes);
  }

  /** Whether the next line is known without waiting. */
  get isReady(): boolean {
    return this.#next !== undefined || this.#isEnded;
  }

  /** The next line, once {@link fill} was awaited; `undefined` at the end. */
  get next(): Line | undefined {
    return this.#next;
  }

  take(): void {
    this.#next = undefined;
    this.#parseNext();
  }

  /** Reads on until the next line is there, or the end. */
  async fill(): Promise<void> {
    while (!this.isReady) {
      if (this.#at < this.#batch.length) {
        this.#parseNext();
        continue;
      }
      const read = await this.#read();
      this.#isEnded = read === undefined;
      this.#batch = read ?? [];
      this.#at = 0;
    }
  }

  async #read(): Promise<string[] | undefined> {
    try {
      const { done, value } = await this.#batches.next();
      return done === true ? undefined : value;
    } catch (error) {
      // The folder told of it.
      if (error instanceof UnreadableFile) return undefined;
      throw error;
    }
  }

  #parseNext(): void {
    while (this.#next === undefined && this.#at < this.#batch.length) {
      this.#next = this.parse(this.#batch[this.#at++] as string);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.return(undefined);
  }
}
