import { type AuditLimits, type AuditStore, isStorageError } from "@agent-assembly/storage-core";
import { EventRefusal, parseAuditLimits, parseNewEvent } from "@agent-assembly/storage-core/backend";
import {
  type ReadTranscriptOptions,
  readTranscript,
  storeTranscript,
  type TranscriptItem,
} from "@agent-assembly/transcripts";
import type { Context } from "../../../context.js";
import { eventsText } from "../../../terminal/format.js";
import { type InputFile, openInput } from "../../../terminal/input.js";
import { Progress } from "../../../terminal/progress.js";
import type { SourceOutcome } from "./outcome.js";
import type { MissingSource, Source } from "./sources.js";

/** Opens sources one after the other, because there may be more of them than files may be open. */
export class SourceOpener {
  /** The only one, and those that can be read only once, copied for a second reading. */
  readonly #kept = new Map<Source, InputFile>();

  /**
   * @param twice whether each source is read again
   * @param only whether there is one source: then the command fails with it
   */
  constructor(
    private readonly context: Context,
    private readonly twice: boolean,
    private readonly only: boolean,
  ) {}

  /** Opens the only source, so that a mistyped path makes no store. @throws what opening it throws */
  async prepare(sources: readonly (Source | MissingSource)[]): Promise<void> {
    const [source] = sources;
    if (!this.only || source === undefined || "reason" in source) return;
    const repeatable = this.twice && !source.reopens;
    this.#kept.set(source, await openInput(this.context, source.file, { repeatable }));
  }

  /** Reads a source; of several, one that cannot be opened is a problem of its own. */
  async use(source: Source, outcome: SourceOutcome, read: (input: InputFile) => Promise<void>): Promise<void> {
    const kept = this.#kept.get(source);
    if (kept !== undefined) return read(kept);
    const keeps = this.twice && !source.reopens;
    let input: InputFile;
    try {
      input = await openInput(this.context, source.file, { repeatable: keeps });
    } catch (error) {
      this.context.signal.throwIfAborted();
      const { code, reason } = fileProblem(error);
      outcome.reject({}, code, reason);
      return;
    }
    if (keeps) this.#kept.set(source, input);
    try {
      await read(input);
    } finally {
      if (!keeps) await input.dispose();
    }
  }

  async dispose(): Promise<void> {
    for (const input of this.#kept.values()) await input.dispose();
  }
}

/** What keeps one source from being read; everything else ends the command. */
export function fileProblem(error: unknown): { code: string; reason: string } {
  if (isStorageError(error)) return { code: error.code, reason: error.message };
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof Error && code !== undefined && "syscall" in error) {
    return { code: "unavailable", reason: `cannot be read (${code}): check the path and its permissions` };
  }
  throw error;
}

/** How a source is read. */
export interface ReadOptions {
  readonly transcript: ReadTranscriptOptions;
  /** Whether the source was found in a folder: then it may hold nothing. */
  readonly found: boolean;
  readonly onItem: (item: TranscriptItem) => void;
}

/** Checks every event as the store would, storing nothing. */
export async function checkSource(
  context: Context,
  input: InputFile,
  outcome: SourceOutcome,
  { limits, ...options }: ReadOptions & { readonly limits: AuditLimits },
): Promise<void> {
  const resolved = parseAuditLimits({ ...limits, maxAgeMs: Number.POSITIVE_INFINITY });
  const now = context.now();
  await track(context, input, outcome, "checking", options, async (items, onProgress) => {
    let checked = 0;
    for await (const item of items) {
      options.onItem(item);
      if ("problem" in item) {
        if (item.problem.severity === "error") outcome.rejected++;
      } else {
        const result = parseNewEvent(item.event, resolved, now);
        if (result instanceof EventRefusal) outcome.reject(item.place, result.code, result.reason);
      }
      if (++checked % 1000 === 0) {
        context.signal.throwIfAborted();
        await onProgress(checked);
      }
    }
  });
}

/** Stores every good event. */
export async function storeSource(
  context: Context,
  audit: AuditStore,
  input: InputFile,
  outcome: SourceOutcome,
  options: ReadOptions,
): Promise<void> {
  await track(context, input, outcome, "importing", options, async (items, onProgress) => {
    const result = await storeTranscript(audit, items, {
      signal: context.signal,
      onProgress,
      onItem: options.onItem,
      onRejected: (place, code, reason) => outcome.reject(place, code, reason),
    });
    outcome.inserted = result.inserted;
    outcome.duplicates = result.duplicates;
    outcome.rejected = result.rejected;
  });
}

/** Reads the source once, showing how far it got. A source that cannot be read to its end is a problem of its own. */
async function track(
  context: Context,
  input: InputFile,
  outcome: SourceOutcome,
  label: string,
  { transcript, found }: ReadOptions,
  work: (items: AsyncIterable<TranscriptItem>, onProgress: (events: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const progress = new Progress(context.err, context.showProgress, label);
  let bytes = 0;
  let failed: unknown;
  const counted = input.read((read) => {
    bytes = read;
  });
  const guarded = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* counted;
    } catch (error) {
      context.signal.throwIfAborted();
      failed = error;
    }
  };
  try {
    const items = readTranscript(guarded(), transcript);
    await work(found ? excused(items) : items, (events) => progress.update(bytes, input.size, eventsText(events)));
  } finally {
    await progress.finish();
  }
  if (failed === undefined) return;
  const { code, reason } = fileProblem(failed);
  outcome.reject({}, code, reason);
}

/** In a folder there may be files of other kinds, and sessions without a call. What holds calls and cannot be read has another code. */
export async function* excused(items: AsyncIterable<TranscriptItem>): AsyncGenerator<TranscriptItem> {
  for await (const item of items) {
    const isNothing =
      "problem" in item && ["nothing_found", "unknown_format", "not_followed"].includes(item.problem.code);
    yield isNothing ? { problem: { ...item.problem, severity: "warning" } } : item;
  }
}
