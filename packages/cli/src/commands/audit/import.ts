import { retentionSettings } from "@agent-assembly/storage";
import type { AuditLimits } from "@agent-assembly/storage-core";
import {
  type ReadTranscriptOptions,
  TRANSCRIPT_FORMATS,
  TranscriptFollower,
  type TranscriptItem,
} from "@agent-assembly/transcripts";
import { parseTime } from "../../args/time.js";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { eventsText } from "../../terminal/format.js";
import { StopRequest } from "../../terminal/host.js";
import type { InputFile } from "../../terminal/input.js";
import { formatJson } from "../../terminal/json.js";
import { SourceFollower } from "./import/follow.js";
import { type ImportOutcome, SourceOutcome, totalOf } from "./import/outcome.js";
import { checkSource, type ReadOptions, SourceOpener, storeSource } from "./import/read-sources.js";
import { findSources, type MissingSource, type Source } from "./import/sources.js";
import { importDocument, renderImport, tooOldText } from "./import/view.js";

interface ImportOptions {
  readonly format: string;
  readonly strict?: boolean;
  readonly dryRun?: boolean;
  readonly follow?: boolean;
  readonly yes?: boolean;
  readonly agent?: string;
  readonly timeZone?: string;
  readonly decision?: string;
  readonly startTime?: string;
  readonly maxPayloadBytes?: string;
}

const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;
const DAY_MS = 86_400_000;

export async function auditImport(context: Context, options: ImportOptions, ...args: string[]): Promise<ExitCode> {
  const transcript = toTranscriptOptions(options, context.now());
  if (options.follow === true) checkFollow(options, transcript, args);
  const asks = context.interactive && options.yes !== true;
  const looksFirst = options.strict === true || options.dryRun === true || asks;
  const sources = await findSources(context, args);
  const opener = new SourceOpener(context, looksFirst && options.dryRun !== true, sources.length === 1);
  const run = new ImportRun(context, opener, transcript, toLimits(options));
  try {
    await opener.prepare(sources);
    await run.loadRetention();
    if (looksFirst) {
      const checked = await run.check(sources);
      if (options.dryRun === true) return await run.report(checked, "dry");
      if (options.strict === true && totalOf(checked, "rejected") > 0) return await run.report(checked, "stopped");
      const tooOld = totalOf(checked, "tooOld");
      if (asks && tooOld > 0 && !(await context.confirm(`${tooOldText(tooOld, run.keptDays)}. Import?`))) {
        return await run.report(checked, "declined");
      }
    }
    if (options.follow === true) {
      // What was opened to be looked at, is opened again as it is then.
      await opener.dispose();
      return await run.report(await run.follow(args), "stored");
    }
    return await run.report(await run.store(sources), "stored");
  } catch (error) {
    if (context.signal.reason instanceof StopRequest) await run.reportStop();
    throw error;
  } finally {
    await opener.dispose();
  }
}

/** Before anything is opened. */
function checkFollow(options: ImportOptions, transcript: ReadTranscriptOptions, args: readonly string[]): void {
  for (const [given, name] of [
    [options.dryRun, "--dry-run"],
    [options.strict, "--strict"],
  ] as const) {
    if (given === true) throw new UsageError(`--follow and ${name} exclude each other: what is followed has no end.`);
  }
  new TranscriptFollower(transcript);
  if (args.includes("-")) throw new UsageError("--follow reads files, folders and patterns, not standard input.");
}

function toTranscriptOptions(options: ImportOptions, now: number): ReadTranscriptOptions {
  return {
    format: parseChoice("--format", options.format, ["auto", ...TRANSCRIPT_FORMATS] as const),
    agentId: options.agent,
    timeZone: options.timeZone,
    decision: options.decision,
    start: options.startTime === undefined ? undefined : parseTime("--start-time", options.startTime, now),
  };
}

function toLimits({ maxPayloadBytes }: ImportOptions): AuditLimits {
  if (maxPayloadBytes === undefined) return {};
  return { maxPayloadBytes: parseInteger("--max-payload-bytes", maxPayloadBytes, 1, MAX_PAYLOAD_BYTES) };
}

/** One run of the command over all its sources. */
class ImportRun {
  keptDays: number | undefined;
  #stored: SourceOutcome[] | undefined;

  constructor(
    private readonly context: Context,
    private readonly opener: SourceOpener,
    private readonly transcript: ReadTranscriptOptions,
    private readonly limits: AuditLimits,
  ) {}

  async loadRetention(): Promise<void> {
    const { config } = await this.context.loadConfig();
    this.keptDays = retentionSettings(config).policy.audit.warmDays;
  }

  check(sources: readonly (Source | MissingSource)[]): Promise<SourceOutcome[]> {
    return this.#each(sources, (input, options, outcome) =>
      checkSource(this.context, input, outcome, { ...options, limits: this.limits }),
    );
  }

  store(sources: readonly (Source | MissingSource)[]): Promise<SourceOutcome[]> {
    this.#stored = [];
    return this.context.withStorage(
      ({ audit }) =>
        this.#each(
          sources,
          (input, options, outcome) => storeSource(this.context, audit, input, outcome, options),
          this.#stored,
        ),
      { create: true, limits: this.limits },
    );
  }

  follow(args: readonly string[]): Promise<SourceOutcome[]> {
    this.context.endsBySigterm();
    return this.context.withStorage(
      async ({ audit }) => {
        const options = { transcript: this.transcript, onItem: (outcome: SourceOutcome) => this.#onItem(outcome) };
        const follower = new SourceFollower(this.context, audit, args, options);
        await follower.run();
        return follower.outcomes;
      },
      { create: true, limits: this.limits, endsBetweenSteps: true },
    );
  }

  async #each(
    sources: readonly (Source | MissingSource)[],
    read: (input: InputFile, options: ReadOptions, outcome: SourceOutcome) => Promise<void>,
    outcomes: SourceOutcome[] = [],
  ): Promise<SourceOutcome[]> {
    for (const source of sources) {
      const outcome = new SourceOutcome(source.name);
      outcomes.push(outcome);
      if ("reason" in source) outcome.reject({}, "not_found", source.reason);
      else {
        const options = { transcript: this.transcript, found: source.found, onItem: this.#onItem(outcome) };
        await this.opener.use(source, outcome, (input) => read(input, options, outcome));
      }
    }
    return outcomes;
  }

  #onItem(outcome: SourceOutcome): (item: TranscriptItem) => void {
    const oldest = this.keptDays === undefined ? undefined : this.context.now() - this.keptDays * DAY_MS;
    return (item) => {
      outcome.summary.add(item);
      if ("event" in item && oldest !== undefined && item.event.ts.getTime() < oldest) outcome.tooOld++;
    };
  }

  /** Says what became of it when it was interrupted; all appends have been answered by then. */
  async reportStop(): Promise<void> {
    if (this.#stored === undefined) return;
    const stored = totalOf(this.#stored, "inserted");
    const { err } = this.context;
    await err.line(
      `aasm: interrupted: ${eventsText(stored)} ${stored === 1 ? "was" : "were"} stored; the same command stores the others, and none twice`,
    );
  }

  async report(sources: readonly SourceOutcome[], kind: ImportOutcome["kind"]): Promise<ExitCode> {
    const { context, keptDays } = this;
    const outcome = { sources, kind, keptDays };
    if (context.json) await context.out.line(formatJson(importDocument(outcome)));
    else await context.out.write(renderImport(outcome, context.style));
    const nothing = sources.every(({ summary }) => summary.events === 0);
    const failed = totalOf(sources, "rejected") > 0 || nothing || kind === "stopped" || kind === "declined";
    return failed ? EXIT.problem : EXIT.ok;
  }
}
