import type { Archive } from "../archive/archive.js";
import { openArchive } from "../archive/open-archive.js";

/** Opens the archive at a URL, e.g. `file:///var/archive` or `s3://bucket/prefix`. Rejects when it cannot be opened. */
export type OpenArchive = (url: string) => Promise<Archive>;

/** The archives a run uses, each opened once and when it is first needed. */
export class Archives implements AsyncDisposable {
  readonly #open = new Map<string, Promise<Archive>>();

  constructor(private readonly openOne: OpenArchive = (url) => openArchive(url)) {}

  at(url: string): Promise<Archive> {
    let archive = this.#open.get(url);
    if (archive === undefined) {
      archive = this.openOne(url);
      this.#open.set(url, archive);
      // One that cannot be opened now may be there for the next item.
      archive.catch(() => this.#open.delete(url));
    }
    return archive;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    await Promise.all(opened.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
  }
}
