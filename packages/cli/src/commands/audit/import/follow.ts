import { setTimeout as delay } from "node:timers/promises";
import type { AuditStore } from "@agent-assembly/storage-core";
import {
  type ReadTranscriptOptions,
  storeTranscript,
  TranscriptFollower,
  type TranscriptItem,
} from "@agent-assembly/transcripts";
import type { Context } from "../../../context.js";
import { escapeText } from "../../../terminal/escape.js";
import { formatCount } from "../../../terminal/format.js";
import { type FileChange, FollowedFile } from "./followed-file.js";
import { SourceOutcome } from "./outcome.js";
import { excused, fileProblem } from "./read-sources.js";
import { findSources, type Source } from "./sources.js";

/** How often files are looked at. */
const POLL_MS = 250;
/** Rounds after which folders and patterns are looked through again. */
const ROUNDS_PER_SCAN = 4;
/** Files that are kept open, so that the end of one that is rotated away is not lost. */
const MOST_OPEN = 128;
/** Calls that are remembered of all sources. A source that is forgotten is read from its beginning when it grows. */
const MOST_CALLS = 200_000;

/** How sources are followed. */
export interface FollowOptions {
  readonly transcript: ReadTranscriptOptions;
  readonly onItem: (outcome: SourceOutcome) => (item: TranscriptItem) => void;
}

interface Followed {
  readonly source: Source;
  readonly outcome: SourceOutcome;
  readonly file: FollowedFile;
  /** Absent where nothing of it is remembered. */
  follower: TranscriptFollower | undefined;
  /** It is read again only because it was forgotten: what is stored already is no duplicate. */
  again: boolean;
  /** Why it is no longer followed. */
  ended: boolean;
  removed: boolean;
}

const CHANGES: Partial<Record<FileChange, string>> = {
  truncated: "became shorter: it is read from its beginning",
  rewritten: "was written anew: it is read from its beginning",
  replaced: "was replaced by another file, which is read from its beginning",
  removed: "was removed; a file that takes its name is read",
};

/** Stores what is in the sources, then what is appended to them, until the command is asked to stop. */
export class SourceFollower {
  /** By path; what changed last comes last. */
  readonly #followed = new Map<string, Followed>();
  /** In the order in which they were found. */
  readonly #outcomes = new Set<SourceOutcome>();
  /** An argument stands for files that may come. */
  #mayCome = false;
  #caughtUp = false;

  constructor(
    private readonly context: Context,
    private readonly audit: AuditStore,
    private readonly args: readonly string[],
    private readonly options: FollowOptions,
  ) {}

  get outcomes(): SourceOutcome[] {
    return [...this.#outcomes];
  }

  async run(): Promise<void> {
    const { signal } = this.context;
    try {
      for (let round = 0; !signal.aborted; round++) {
        if (round % ROUNDS_PER_SCAN === 0) await this.#scan();
        let changed = false;
        for (const one of [...this.#followed.values()]) {
          if (signal.aborted) break;
          if (!one.ended && (await this.#advance(one))) changed = true;
        }
        if (!this.#mayCome && [...this.#followed.values()].every(({ ended }) => ended)) return;
        if (!changed) await this.#wait();
      }
      for (const one of this.#followed.values()) if (one.follower !== undefined) await this.#end(one);
    } finally {
      for (const { file } of this.#followed.values()) await file.close();
    }
  }

  async #wait(): Promise<void> {
    if (!this.#caughtUp) {
      this.#caughtUp = true;
      const count = [...this.#followed.values()].filter(({ ended }) => !ended).length;
      await this.#say(`Following ${formatCount(count)} ${count === 1 ? "source" : "sources"}; Ctrl-C ends it`);
    }
    await delay(POLL_MS, undefined, { signal: this.context.signal }).catch(() => undefined);
  }

  async #scan(): Promise<void> {
    for (const source of await findSources(this.context, this.args)) {
      if ("reason" in source) {
        this.#mayCome = true;
        continue;
      }
      if (source.found || source.matched) this.#mayCome = true;
      if (this.#followed.has(source.file)) continue;
      const outcome = new SourceOutcome(source.name);
      this.#outcomes.add(outcome);
      this.#followed.set(source.file, {
        source,
        outcome,
        file: new FollowedFile(source.file),
        follower: undefined,
        again: false,
        ended: false,
        removed: false,
      });
    }
  }

  /** @returns whether there was something to read */
  async #advance(one: Followed): Promise<boolean> {
    let change: FileChange;
    try {
      change = await one.file.look();
    } catch (error) {
      await this.#unreadable(one, error);
      return false;
    }
    if (change === "same") return false;
    if (change === "removed") {
      if (!one.removed) await this.#note(one, change);
      one.removed = true;
      return false;
    }
    one.removed = false;
    if (change !== "grown") await this.#restart(one, change);
    else if (one.follower === undefined && one.again) await one.file.restart();
    await this.#read(one);
    return true;
  }

  async #unreadable(one: Followed, error: unknown): Promise<void> {
    const { source, outcome, file } = one;
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && (source.found || source.matched)) {
      // It went before it was looked at. One that takes its name is found.
      this.#followed.delete(source.file);
      this.#outcomes.delete(outcome);
      return;
    }
    const { code, reason } = fileProblem(error);
    outcome.reject({}, code, reason);
    one.ended = true;
    await file.close();
    await this.#say(`${source.name}: ${reason}`);
  }

  async #restart(one: Followed, change: FileChange): Promise<void> {
    // What was written to the file before it lost its name.
    if (change === "replaced" && one.file.isOpen && one.follower !== undefined) await this.#read(one);
    if (one.follower !== undefined) await this.#end(one);
    await this.#note(one, change);
    await one.file.restart();
    one.again = false;
  }

  async #read(one: Followed): Promise<void> {
    const { signal } = this.context;
    // Counted from the beginning of the file, whose first part is read again.
    if (one.again && one.follower === undefined) one.outcome.countAgain();
    one.follower ??= new TranscriptFollower(this.options.transcript);
    const { follower, file } = one;
    let failed: unknown;
    const chunks = file.read();
    const items = async function* (): AsyncGenerator<TranscriptItem> {
      while (!signal.aborted && follower.refusal === undefined) {
        const next = await chunks.next().catch((error: unknown) => {
          failed = error;
        });
        if (next === undefined || next.done === true) break;
        yield* follower.feed(next.value);
      }
      yield* follower.pause();
    };
    await this.#store(one, items());
    if (failed !== undefined) await this.#unreadable(one, failed);
    if (follower.refusal !== undefined) {
      one.ended = true;
      await file.close();
      await this.#say(`${one.source.name}: ${follower.refusal}`);
    }
    if (this.#followed.delete(one.source.file)) this.#followed.set(one.source.file, one);
    await this.#forget();
  }

  async #end(one: Followed): Promise<void> {
    const { follower } = one;
    one.follower = undefined;
    const items = async function* (): AsyncGenerator<TranscriptItem> {
      yield* follower?.end() ?? [];
    };
    await this.#store(one, items());
  }

  async #store(one: Followed, items: AsyncIterable<TranscriptItem>): Promise<void> {
    const { outcome, source } = one;
    const { inserted, duplicates, rejected } = await storeTranscript(
      this.audit,
      source.found ? excused(items) : items,
      {
        onItem: this.options.onItem(outcome),
        onRejected: (place, code, reason) => outcome.refuse(place, code, reason),
      },
    );
    outcome.inserted += inserted;
    outcome.rejected += rejected;
    if (!one.again) outcome.duplicates += duplicates;
    one.again = false;
    if (inserted > 0 && this.#caughtUp) await this.#say(`${source.name}: ${formatCount(inserted)} inserted`);
  }

  /** Files that changed long ago are closed, and what is known of their calls is forgotten. */
  async #forget(): Promise<void> {
    const all = [...this.#followed.values()];
    let open = all.filter(({ file }) => file.isOpen).length;
    let calls = all.reduce(
      (sum, { follower, outcome }) => sum + (follower === undefined ? 0 : outcome.summary.calls),
      0,
    );
    for (const one of all.slice(0, -1)) {
      if (open <= MOST_OPEN && calls <= MOST_CALLS) return;
      if (open > MOST_OPEN && one.file.isOpen) {
        await one.file.close();
        open--;
      }
      if (calls > MOST_CALLS && one.follower !== undefined) {
        calls -= one.outcome.summary.calls;
        await this.#end(one);
        one.again = true;
      }
    }
  }

  async #note({ outcome, source }: Followed, change: FileChange): Promise<void> {
    const reason = CHANGES[change] as string;
    outcome.note(change, reason);
    await this.#say(`${source.name}: ${reason}`);
  }

  async #say(text: string): Promise<void> {
    if (!this.context.json) await this.context.out.write(`${escapeText(text)}\n`);
  }
}
