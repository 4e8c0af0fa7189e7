import type { AuditLimits } from "@agent-assembly/storage-core";
import { parseTime } from "../../args/time.js";
import { parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { formatCount } from "../../terminal/format.js";
import { type ByteSource, type InputFile, openInput } from "../../terminal/input.js";
import { formatJson } from "../../terminal/json.js";
import { Progress } from "../../terminal/progress.js";
import { readCsv } from "./import/csv.js";
import type { ImportItem } from "./import/item.js";
import { readJsonl } from "./import/jsonl.js";
import { readOpenAiChat } from "./import/openai-chat/read.js";
import { checkEvents, type ImportHooks, importEvents, type ProblemList } from "./import/store.js";
import { type ImportOutcome, renderImport } from "./import/view.js";

interface ImportOptions {
  readonly format: string;
  readonly strict?: boolean;
  readonly agent?: string;
  readonly startTime?: string;
  readonly maxPayloadBytes?: string;
}

type Reader = (bytes: ByteSource) => AsyncIterable<ImportItem>;

const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

export async function auditImport(context: Context, options: ImportOptions, file: string): Promise<ExitCode> {
  const format = parseChoice("--format", options.format, ["jsonl", "csv", "openai-chat"] as const);
  const reader = createReader(format, options, context.now());
  const limits: AuditLimits =
    options.maxPayloadBytes === undefined
      ? {}
      : { maxPayloadBytes: parseInteger("--max-payload-bytes", options.maxPayloadBytes, 1, MAX_PAYLOAD_BYTES) };
  const source = await openInput(context, file, { repeatable: options.strict === true });
  try {
    if (options.strict === true) {
      const problems = await check(context, source, reader, limits);
      if (problems.count > 0)
        return await report(context, { inserted: 0, duplicates: 0, problems, stopped: true, format });
    }
    return await context.withStorage(
      async (storage) => {
        const result = await track(
          context,
          source,
          "importing",
          (items, hooks) => importEvents(storage.audit, items, hooks),
          reader,
        );
        return report(context, { ...result, stopped: false, format });
      },
      { create: true, limits },
    );
  } finally {
    await source.dispose();
  }
}

function createReader(format: "jsonl" | "csv" | "openai-chat", options: ImportOptions, now: number): Reader {
  if (format === "openai-chat") {
    const start = options.startTime === undefined ? undefined : parseTime("--start-time", options.startTime, now);
    return (bytes) => readOpenAiChat(bytes, { agentId: options.agent, start });
  }
  for (const [flag, value] of [
    ["--agent", options.agent],
    ["--start-time", options.startTime],
  ] as const) {
    if (value !== undefined)
      throw new UsageError(`${flag} is for --format openai-chat; ${format} files name these themselves`);
  }
  return format === "csv" ? readCsv : readJsonl;
}

function check(context: Context, source: InputFile, reader: Reader, limits: AuditLimits): Promise<ProblemList> {
  const now = context.now();
  return track(context, source, "checking", (items, hooks) => checkEvents(items, limits, { ...hooks, now }), reader);
}

/** Reads the source once, showing how far it got. */
async function track<T>(
  context: Context,
  source: InputFile,
  label: string,
  work: (items: AsyncIterable<ImportItem>, hooks: ImportHooks) => Promise<T>,
  reader: Reader,
): Promise<T> {
  const progress = new Progress(context.err, context.showProgress, label);
  let bytes = 0;
  const items = reader(
    source.read((read) => {
      bytes = read;
    }),
  );
  try {
    return await work(items, {
      signal: context.signal,
      onProgress: (events) => progress.update(bytes, source.size, `${formatCount(events)} events`),
    });
  } finally {
    await progress.finish();
  }
}

async function report(context: Context, outcome: ImportOutcome): Promise<ExitCode> {
  const { inserted, duplicates, problems } = outcome;
  if (context.json) {
    const document = { inserted, duplicates, rejected: problems.count, problems: problems.list };
    await context.out.line(formatJson(outcome.stopped ? { ...document, stopped: true } : document));
  } else {
    await context.out.write(renderImport(outcome, context.style));
  }
  return problems.count === 0 ? EXIT.ok : EXIT.problem;
}
