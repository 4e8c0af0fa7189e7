import {
  checkAnchors,
  continuesText,
  type Finding,
  findingText,
  logKeys,
  type NoteVerifier,
  parseVerifierKey,
  reportText,
  type StoreVerification,
  storeVerdict,
  verifyExport,
  verifyStore,
} from "@agent-assembly/evidence";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { type RangeOptions, toRange } from "../../../args/time.js";
import type { Context } from "../../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../../exit.js";
import { escapeLines, escapeText } from "../../../terminal/escape.js";
import { countText, formatCount } from "../../../terminal/format.js";
import { formatJson } from "../../../terminal/json.js";
import { Progress } from "../../../terminal/progress.js";
import { withArchives } from "../archives.js";
import { checking } from "../checking.js";
import { parseWith } from "../parse-with.js";
import { readNotes } from "../read-notes.js";
import { fileAnchors, logNumber, receiptsOf, requireStoreLog, type StoreLog, treeOf } from "../store-log.js";
import { keepVerdict } from "./keep-verdict.js";
import { VerifyState } from "./verify-state.js";

interface VerifyOptions extends RangeOptions {
  readonly key?: readonly string[];
  readonly earlier?: readonly string[];
  readonly anchorFile?: readonly string[];
  readonly archive?: readonly string[];
  readonly log?: string;
  readonly since?: string;
  readonly state?: string;
}

export async function evidenceVerify(context: Context, options: VerifyOptions, folder?: string): Promise<ExitCode> {
  const keys = options.key?.map((vkey) => parseWith("--key", () => parseVerifierKey(vkey)));
  if (folder === undefined) {
    const range = toRange(options, context.now());
    const isRange = range.from !== undefined || range.to !== undefined;
    if (isRange && options.state !== undefined)
      throw new UsageError("--state is for the whole store, without --from and --to");
    return checking(context, () => verifyLive(context, { ...options, range }, keys));
  }
  if (keys === undefined)
    throw new UsageError("an export is verified with --key, the log's verifier key from its operator");
  if (options.anchorFile !== undefined)
    throw new UsageError("--anchor-file is for the store; use --earlier for an export");
  if (options.archive !== undefined)
    throw new UsageError("--archive is for the store; an export has the events of archives itself");
  for (const name of ["log", "since", "state"] as const) {
    if (options[name] !== undefined)
      throw new UsageError(`--${name} is for the store; an export is verified as a whole`);
  }
  const range = toRange(options, context.now());
  return checking(context, async () => {
    const earlier = (await readNotes(context, options.earlier)).map(({ note }) => note);
    const report = await verifyExport(context.resolvePath(folder), { ...range, keys, earlier, signal: context.signal });
    if (context.json) await context.out.line(formatJson(report));
    else await context.out.write(escapeLines(reportText(report)));
    if (report.findingCount > 0) return EXIT.problem;
    return report.isComplete ? EXIT.ok : EXIT.unchecked;
  });
}

const EXIT_OF = { clean: EXIT.ok, findings: EXIT.problem, unchecked: EXIT.unchecked } as const;

interface LiveOptions extends VerifyOptions {
  readonly range: ReturnType<typeof toRange>;
}

function verifyLive(context: Context, options: LiveOptions, keys: NoteVerifier[] | undefined): Promise<ExitCode> {
  const number = logNumber(options.log);
  return context.withStorage(
    async (storage) => {
      const kept = await readNotes(context, options.earlier);
      const at = await requireStoreLog(storage, number);
      const { support, log } = at;
      const startedAt = new Date(context.now());
      const used = keys ?? (await logKeys(support, log)).map(({ vkey }) => parseVerifierKey(vkey));
      const [since] = await readNotes(context, options.since === undefined ? [] : [options.since]);
      const state =
        options.state === undefined ? undefined : await VerifyState.open(context.resolvePath(options.state));
      const report = await withArchives(context, options.archive, (archives) =>
        withProgress(context, log.size, (onProgress) =>
          verifyStore(storage, {
            keys: used,
            log: log.log,
            kept,
            archives,
            ...options.range,
            since,
            resume: state?.part,
            onVerified: (part) => state?.keep(part),
            signal: context.signal,
            onProgress,
          }),
        ),
      );
      await state?.discard();
      const folders = (options.anchorFile ?? []).map((one) => context.resolvePath(one));
      const { findings, unchecked, confirmed } = await checkStoreAnchors(storage, at, folders);
      const all = { ...report, findings: [...findings, ...report.findings] };
      const anchors = confirmed.map(({ source, size }) => ({ source, size }));
      const verdict = storeVerdict(all, unchecked);
      const { range } = options;
      const keysFromLog = keys === undefined;
      if (context.json) await context.out.line(formatJson({ ...all, anchors, unchecked, keysFromLog }));
      else await context.out.write(liveText(all, { anchors, unchecked, keysFromLog }));
      await keepVerdict(context, { report: all, range, startedAt, verdict, unchecked, keysFromLog });
      return EXIT_OF[verdict];
    },
    { readsOnly: true },
  );
}

async function checkStoreAnchors(storage: StorageBackend, of: StoreLog, folders: readonly string[]) {
  // Others may have sealed since.
  const at = await requireStoreLog(storage, of.log.log);
  const anchors = await fileAnchors(at, folders);
  return checkAnchors(at.log, anchors, { tree: await treeOf(storage, at), receipts: await receiptsOf(at) });
}

async function withProgress<T>(
  context: Context,
  size: number,
  work: (onProgress: (leaves: number) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress(context.err, context.showProgress, "verify");
  try {
    return await work((leaves) => {
      progress.update(leaves, size, `${formatCount(size)} leaves`).catch(() => undefined);
    });
  } finally {
    await progress.finish();
  }
}

interface LiveNotes {
  readonly anchors: readonly { readonly source: string; readonly size: number }[];
  readonly unchecked: readonly string[];
  readonly keysFromLog: boolean;
}

function liveText(report: StoreVerification, { anchors, unchecked, keysFromLog }: LiveNotes): string {
  const { origin, leaves, trusted, passed, events, dropped, erased, uncompared, findings } = report;
  const counts = [
    countText(events, "event"),
    `${formatCount(dropped)} dropped`,
    ...(erased === 0 ? [] : [`${formatCount(erased)} erased`]),
    `${formatCount(leaves)} leaves`,
  ].join(", ");
  const lines = [
    ...findings.map((finding: Finding) => findingText(finding)),
    ...unchecked.map((what) => `could not check: ${what}`),
    ...anchors.map(({ source, size }) => `continues ${formatCount(size)} leaves at ${source}`),
    ...(report.continues === undefined ? [] : [continuesText(report.continues)]),
    ...(trusted === 0 ? [] : [`the first ${formatCount(trusted)} leaves were verified before, and not read anew`]),
    ...(passed === 0 ? [] : [`${formatCount(passed)} leaves concern no day of the range, and were not read`]),
    ...(uncompared === 0
      ? []
      : [`could not check: ${countText(uncompared, "event")} could not be compared: their salts are gone`]),
    ...(keysFromLog ? [`signatures of ${origin} were checked with the keys that it names itself: see --key`] : []),
    `${findings.length === 0 ? "clean" : countText(findings.length, "finding")}: ${counts}`,
  ];
  return lines.map((line) => `${escapeText(line)}\n`).join("");
}
