import { escapeText } from "../../../terminal/escape.js";
import { formatCount } from "../../../terminal/format.js";
import type { Style } from "../../../terminal/style.js";
import type { ProblemList } from "./store.js";

export interface ImportOutcome {
  readonly inserted: number;
  readonly duplicates: number;
  readonly problems: ProblemList;
  /** `--strict` ended the import before anything was stored. */
  readonly stopped: boolean;
  readonly format: string;
}

const SHOWN = 20;

export function renderImport(outcome: ImportOutcome, style: Style): string {
  const { inserted, duplicates, problems, stopped } = outcome;
  const counts = `${formatCount(inserted)} inserted, ${formatCount(duplicates)} duplicates, ${formatCount(problems.count)} rejected`;
  if (problems.count === 0) return `${style.green("Imported:")} ${counts}\n`;
  const listed = problems.list
    .slice(0, SHOWN)
    .map(({ at, code, reason }) => `  ${escapeText(at)}: ${escapeText(reason)} ${style.dim(`(${code})`)}\n`);
  const more = problems.count - listed.length;
  return [
    stopped
      ? `${style.red("Nothing was imported:")} ${formatCount(problems.count)} ${problems.count === 1 ? "problem" : "problems"} found, and --strict was given\n`
      : `${style.yellow("Imported with problems:")} ${counts}\n`,
    ...listed,
    more > 0 ? `  ... and ${formatCount(more)} more\n` : "",
    hint(outcome),
  ].join("");
}

function hint({ format, inserted, duplicates, stopped }: ImportOutcome): string {
  if (stopped || format !== "jsonl" || inserted + duplicates > 0) return "";
  return "No line was an event. For chat transcripts use --format openai-chat, for tables --format csv.\n";
}
