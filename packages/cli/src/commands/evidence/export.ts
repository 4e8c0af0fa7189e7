import { exportStore } from "@agent-assembly/evidence";
import { type RangeOptions, toRange } from "../../args/time.js";
import { parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { eventsText, formatCount } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { withArchives } from "./archives.js";
import { logNumber } from "./store-log.js";

interface ExportCommandOptions extends RangeOptions {
  readonly out: string;
  readonly whole?: boolean;
  readonly archive?: readonly string[];
  readonly earlier?: readonly string[];
  readonly log?: string;
}

/** Ends with a problem where the store no longer has what was sealed: the export is written, and its verification finds it. */
export async function evidenceExport(context: Context, options: ExportCommandOptions): Promise<ExitCode> {
  const range = toRange(options, context.now());
  const earlier = options.earlier?.map((size) => parseInteger("--earlier", size, 0, Number.MAX_SAFE_INTEGER));
  const folder = context.resolvePath(options.out);
  const log = logNumber(options.log);
  return context.withStorage(
    async (storage) => {
      const whole = options.whole === true;
      const { signal } = context;
      const written = await withArchives(context, options.archive, (archives) =>
        exportStore(storage, { ...range, folder, log, whole, earlier, archives, signal }),
      );
      if (context.json) await context.out.line(formatJson(written));
      else {
        const { events, size, origin, problems } = written;
        const lines = [
          ...problems.map((problem) => `not as sealed: ${problem}`),
          `Wrote ${written.folder}: ${eventsText(events)}, and the evidence of ${origin}, ${formatCount(size)} leaves.`,
          "Its verification needs no store: npx @agent-assembly/evidence verify FOLDER --key VERIFIER_KEY",
        ];
        await context.out.write(lines.map((line) => `${escapeText(line)}\n`).join(""));
      }
      return written.problems.length === 0 ? EXIT.ok : EXIT.problem;
    },
    { readsOnly: true, endsBetweenSteps: true },
  );
}
