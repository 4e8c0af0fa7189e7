import { retentionSettings } from "@agent-assembly/storage";
import type { AuditLimits } from "@agent-assembly/storage-core";
import { type ReadTranscriptOptions, TRANSCRIPT_FORMATS, type TranscriptItem } from "@agent-assembly/transcripts";
import { parseTime } from "../../args/time.js";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import type { InputFile } from "../../terminal/input.js";
import { formatJson } from "../../terminal/json.js";
import { type ImportOutcome, SourceOutcome, totalOf } from "./import/outcome.js";
import { checkSource, type ReadOptions, SourceOpener, storeSource } from "./import/read-sources.js";
import { findSources, type MissingSource, type Source } from "./import/sources.js";
import { importDocument, renderImport, tooOldText } from "./import/view.js";

interface ImportOptions {
  readonly format: string;
  readonly strict?: boolean;
  readonly dryRun?: boolean;
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
  const asks = context.interactive && options.yes !== true;
  const looksFirst = options.strict === true || options.dryRun === true || asks;
  const sources = await findSources(context, args);
  const opener = new SourceOpener(context, looksFirst && options.dryRun !== true, sources.length === 1);
  const run = new ImportRun(context, opener, toTranscriptOptions(options, context.now()), toLimits(options));
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
    return await run.report(await run.store(sources), "stored");
  } finally {
    await opener.dispose();
  }
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
    return this.context.withStorage(
      ({ audit }) =>
        this.#each(sources, (input, options, outcome) => storeSource(this.context, audit, input, outcome, options)),
      { create: true, limits: this.limits },
    );
  }

  async #each(
    sources: readonly (Source | MissingSource)[],
    read: (input: InputFile, options: ReadOptions, outcome: SourceOutcome) => Promise<void>,
  ): Promise<SourceOutcome[]> {
    const outcomes: SourceOutcome[] = [];
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
